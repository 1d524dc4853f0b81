import {
  apiPrefix,
  decisionEventsPath,
  operations,
  type Decision,
  type OperationName,
  type Problem,
} from "#contracts";
import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";
import { answers, Refused } from "./fixture-answers.ts";
import type { World } from "./fixture-data.ts";
import { decide } from "./fixture-verdicts.ts";

export type FixtureServer = AsyncDisposable & {
  readonly url: string;
  readonly world: World;
  /** Judges an image as a gate would, and tells everybody who listens. */
  readonly decide: (image: string, by: string) => Decision;
};

/**
 * A server that answers the REST API's shapes from memory, for tests of the pages: each answer goes through the
 * contract's own schema first. The pages come from `webRoot`, under the security policy of the real server.
 */
export async function startFixture(world: World, webRoot: string): Promise<FixtureServer> {
  const sessions = new Map<string, string>();
  const listeners = new Set<ServerResponse>();

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? "/", "http://fixture");
    const me = sessions.get(/session=(\w+)/.exec(request.headers.cookie ?? "")?.[1] ?? "");
    if (url.pathname === decisionEventsPath) {
      if (me === undefined) return send(response, 401, problem("accounts/session-none"));
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(": hello\n\n");
      listeners.add(response);
      response.on("close", () => listeners.delete(response));
      return;
    }
    if (!url.pathname.startsWith(apiPrefix)) return await sendFile(response, webRoot, url.pathname);
    const found = match(request.method ?? "", url.pathname.slice(apiPrefix.length));
    if (found === undefined) return send(response, 404, problem("api/unknown"));
    const wrong = world.broken.get(found.name);
    if (wrong !== undefined)
      return send(response, wrong, { code: "api/broken", message: "the database is away" });
    try {
      const value = await answers[found.name]({
        world,
        me,
        params: found.params,
        query: url.searchParams,
        body: await bodyOf(request, found.name),
        setSession: (user) => {
          const id = `s${sessions.size + 1}`;
          if (user !== undefined) sessions.set(id, user);
          response.setHeader(
            "set-cookie",
            `session=${user === undefined ? "" : id}; Path=/; HttpOnly`,
          );
        },
      });
      const checked: unknown = operations[found.name].answer.parse(value);
      send(response, checked === undefined ? 204 : 200, checked);
    } catch (error) {
      if (error instanceof Refused) return send(response, error.status, error.problem);
      send(response, 500, { code: "fixture/mistake", message: String(error) });
    }
  };

  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => response.destroy(error as Error));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    world,
    decide: (image, by) => {
      const decision = decide(world, image, by);
      for (const listener of listeners)
        listener.write(`data: ${JSON.stringify(operations.decision.answer.parse(decision))}\n\n`);
      return decision;
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

type Found = { readonly name: OperationName; readonly params: ReadonlyMap<string, string> };

function match(method: string, path: string): Found | undefined {
  const parts = path.split("/");
  for (const [name, operation] of Object.entries(operations)) {
    const wanted = operation.path.split("/");
    if (operation.method !== method || wanted.length !== parts.length) continue;
    const params = new Map<string, string>();
    const fits = wanted.every((want, index) => {
      const part = decodeURIComponent(parts[index] ?? "");
      if (want.startsWith(":")) params.set(want.slice(1), part);
      return want.startsWith(":") || want === part;
    });
    if (fits) return { name: name as OperationName, params };
  }
  return undefined;
}

async function bodyOf(request: IncomingMessage, name: OperationName): Promise<unknown> {
  const operation = operations[name];
  if (!("body" in operation)) return undefined;
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const read = operation.body.safeParse(JSON.parse(Buffer.concat(chunks).toString("utf8")));
  if (read.success) return read.data;
  throw new Refused(400, { code: "api/body-invalid", message: "the body does not fit" });
}

function problem(code: string): Problem {
  return { code, message: code };
}

function send(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(value === undefined ? undefined : JSON.stringify(value));
}

const types = new Map([
  [".html", "text/html; charset=utf-8"],
  [".js", "text/javascript"],
  [".css", "text/css"],
  [".svg", "image/svg+xml"],
]);

const securityPolicy =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self'; " +
  "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

async function sendFile(response: ServerResponse, root: string, path: string): Promise<void> {
  const file = types.has(extname(path)) ? normalize(path) : "/index.html";
  try {
    const bytes = await readFile(join(root, file));
    response.writeHead(200, {
      "content-type": types.get(extname(file)) ?? "application/octet-stream",
      "content-security-policy": securityPolicy,
    });
    response.end(bytes);
  } catch {
    send(response, 404, problem("web/unknown")); // no such asset in this build
  }
}
