import {
  request as plainRequest,
  type Agent,
  type ClientRequest,
  type IncomingMessage,
} from "node:http";
import { request as secureRequest } from "node:https";
import type { Socket } from "node:net";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { urlToHttpOptions } from "node:url";
import { RemoteError } from "./errors.ts";
import { createPatience, OutOfPatience, type Patience } from "./patience.ts";

export type RemoteAnswer = {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  /** At most one byte more than was asked for: then it is cut off there. */
  readonly body: Uint8Array;
};

export type Method = "GET" | "HEAD" | "POST" | "PUT" | "DELETE";

export type Request = {
  readonly method?: Method;
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | BodyStream;
  readonly maxBytes: number;
  /** For all of it, where that is less than the limits say. */
  readonly withinMs?: number;
};

/** A body that is not held in memory. */
export type BodyStream = {
  readonly bytes: number;
  /** Each call begins anew. */
  readonly open: () => Readable;
  /** Told after each piece how many bytes have gone. */
  readonly progress?: (bytes: number) => void;
};

export type Terms = {
  readonly agent: Agent;
  readonly connectMs: number;
  /** Between two signs of life: on the way, and when everything was sent. */
  readonly silenceMs: { readonly on: number; readonly after: number };
  readonly signal: AbortSignal;
};

const maxHeaderSize = 16_384;

/** One request and its answer. Follows no redirect. Rejects for everything that is not a whole answer. */
export function exchange(request: Request, terms: Terms): Promise<RemoteAnswer> {
  const { url, method = "GET", headers = {}, body, maxBytes } = request;
  const { agent, signal } = terms;
  return new Promise((resolve, reject) => {
    const open = url.protocol === "https:" ? secureRequest : plainRequest;
    const sent = open({
      ...urlToHttpOptions(url),
      ...{ agent, method, signal, maxHeaderSize },
      headers: { ...headers, ...lengthOf(method, body) },
    });
    const giveUp = (why: OutOfPatience): void => {
      reject(why); // first, for what the stream says of its end is that it ended
      sent.destroy(why);
    };
    let isAnswering = false;
    const patience = createPatience(terms.silenceMs.on, giveUp);
    sent.on("socket", (socket) => hurry(socket, giveUp, terms.connectMs));
    sent.on("finish", () => patience.allow(terms.silenceMs.after));
    sent.on("error", reject);
    sent.on("close", () => {
      patience.end();
      if (!isAnswering) reject(new Error("the connection closed without an answer"));
    });
    sent.on("response", (response) => {
      isAnswering = true;
      upTo(maxBytes, response, patience).then((read) => {
        resolve({ status: response.statusCode ?? 0, headers: headersOf(response), body: read });
        // A server may answer before it has heard everything: the rest is then not sent.
        if (!sent.writableFinished) sent.destroy();
      }, reject);
    });
    if (body === undefined || body instanceof Uint8Array) sent.end(body);
    else send(body, sent, { patience, fail: reject });
  });
}

function lengthOf(method: Method, body: Request["body"]): Readonly<Record<string, string>> {
  const isEmpty = body === undefined;
  if (isEmpty && method !== "POST" && method !== "PUT") return {};
  const bytes = isEmpty ? 0 : body instanceof Uint8Array ? body.length : body.bytes;
  return { "content-length": String(bytes) };
}

/** Gives up a connection that takes too long; one that is there already is none that has to be waited for. */
function hurry(socket: Socket, giveUp: (why: OutOfPatience) => void, connectMs: number): void {
  if (!socket.connecting) return;
  const late = setTimeout(() => giveUp(new OutOfPatience("no connection")), connectMs);
  const arrived = (): void => clearTimeout(late);
  socket.once("encrypted" in socket ? "secureConnect" : "connect", arrived);
  socket.once("close", arrived);
}

/** Sends a stream. The fault of a body goes to `fail` first, for what the connection says of it is that it ended. */
function send(
  body: BodyStream,
  sent: ClientRequest,
  { patience, fail }: { readonly patience: Patience; readonly fail: (why: unknown) => void },
): void {
  const source = body.open();
  const faulty = (kind: "differs" | "unreadable", what: string, cause?: unknown): RemoteError => {
    const fault = new RemoteError(`remotes/content-${kind}`, what, { cause });
    fail(fault);
    return fault;
  };
  const metered = async function* (): AsyncGenerator<Buffer> {
    const pieces = source[Symbol.asyncIterator]();
    for (let bytes = 0; ; body.progress?.(bytes)) {
      const next = await pieces.next().catch((cause: unknown) => {
        throw faulty("unreadable", "what was to be sent cannot be read", cause);
      });
      if (next.done === true) {
        if (bytes < body.bytes) throw faulty("differs", "there is less to send than was announced");
        return;
      }
      const piece = next.value as Buffer;
      bytes += piece.length;
      // What is more than announced would be taken for the next request.
      if (bytes > body.bytes) throw faulty("differs", "there is more to send than was announced");
      yield piece;
      patience.renew();
    }
  };
  pipeline(metered, sent)
    .catch(fail)
    .finally(() => source.destroy());
}

/** Reads until the body ends or one byte too many has come; the rest is not waited for. */
async function upTo(
  maxBytes: number,
  response: IncomingMessage,
  patience: Patience,
): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response) {
    patience.renew();
    const piece = chunk as Buffer;
    chunks.push(piece);
    bytes += piece.length;
    if (bytes > maxBytes) break; // leaving the loop ends the connection
  }
  return Buffer.concat(chunks).subarray(0, maxBytes + 1);
}

function headersOf(response: IncomingMessage): ReadonlyMap<string, string> {
  const known = Object.entries(response.headers).filter(([, value]) => value !== undefined);
  return new Map(known.map(([name, value]) => [name, String(value)]));
}
