import { Agent, request } from "node:https";
import { buffer } from "node:stream/consumers";

const idleMs = 60_000;
const maxAnswerBytes = 64 * 1024 * 1024;

export type HttpsFetch = { readonly fetch: typeof fetch; readonly close: () => void };

/**
 * As much of `fetch` as a client of our REST API calls: text in, an answer read whole. Over `node:https`,
 * because the built-in one takes no CA, and a library that does costs each command 50 ms to load.
 */
export function httpsFetch(ca: readonly string[] | undefined): HttpsFetch {
  const agent = new Agent({ keepAlive: true, ...(ca === undefined ? {} : { ca: [...ca] }) });
  const send = async (input: string | URL | Request, init: RequestInit = {}): Promise<Response> => {
    if (input instanceof Request || (init.body !== undefined && typeof init.body !== "string"))
      throw new TypeError("this fetch takes an address and a text");
    const { body, signal } = init;
    const { status, text } = await new Promise<{ status: number; text: string }>(
      (resolve, reject) => {
        const asking = request(
          input,
          {
            agent,
            method: init.method ?? "GET",
            headers: Object.fromEntries(new Headers(init.headers)),
            timeout: idleMs,
            ...(signal ? { signal } : {}),
          },
          (answer) => {
            let bytes = 0;
            answer.on("data", (chunk: Buffer) => {
              bytes += chunk.length;
              if (bytes > maxAnswerBytes) answer.destroy(new Error("the answer is too long"));
            });
            buffer(answer).then(
              (read) => resolve({ status: answer.statusCode ?? 0, text: read.toString("utf8") }),
              reject,
            );
          },
        );
        asking.on("timeout", () => asking.destroy(new Error("the server is silent")));
        asking.on("error", reject);
        asking.end(body);
      },
    );
    return new Response(text === "" ? null : text, { status });
  };
  return { fetch: send, close: () => agent.destroy() };
}
