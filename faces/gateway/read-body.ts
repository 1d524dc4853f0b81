import { maxBodyBytesOf, readEngineBody, type BodyKind, type EngineBody } from "#domain/engine-api";
import { HttpError } from "#faces/http";
import type { AskedRequest, Exchange } from "./exchange.ts";

/** Reads a body that can start something, once and strictly. Throws an `EngineApiError` or `http/body-too-large`. */
export async function readBody(exchange: Exchange, kind: BodyKind): Promise<EngineBody> {
  const { request } = exchange;
  return readEngineBody(
    kind,
    request.headers["content-type"],
    await readBytes(request, maxBodyBytesOf(kind)),
  );
}

/**
 * Reads a body in which nothing is judged; undefined where there is none. `null` is what the `docker commit`
 * of version 20.10 sends for none.
 */
export async function readOther(exchange: Exchange): Promise<EngineBody | undefined> {
  const { request } = exchange;
  const bytes = await readBytes(request, maxBodyBytesOf("other"));
  const isNothing =
    bytes.length === 0 || (bytes.length < 16 && Buffer.from(bytes).toString().trim() === "null");
  return isNothing ? undefined : readEngineBody("other", request.headers["content-type"], bytes);
}

/** Stops at the limit without ending the connection, over which the refusal has yet to go. */
async function readBytes(request: AskedRequest, maxBytes: number): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let bytes = Number(request.headers["content-length"] ?? 0);
  if (bytes > maxBytes) throw tooLarge(maxBytes);
  bytes = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw tooLarge(maxBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function tooLarge(maxBytes: number): HttpError {
  return new HttpError("http/body-too-large", `the body is larger than ${maxBytes} bytes`);
}
