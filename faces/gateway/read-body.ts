import { maxBodyBytes, readEngineBody, type BodyKind, type EngineBody } from "#domain/engine-api";
import { HttpError } from "#faces/http";
import type { AskedRequest, Exchange } from "./exchange.ts";

/** Reads a body that can start something, once and strictly. Throws an `EngineApiError` or `http/body-too-large`. */
export async function readBody(exchange: Exchange, kind: BodyKind): Promise<EngineBody> {
  const { request } = exchange;
  return readEngineBody(kind, request.headers["content-type"], await readBytes(request));
}

/** Stops at the limit without ending the connection, over which the refusal has yet to go. */
async function readBytes(request: AskedRequest): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let bytes = Number(request.headers["content-length"] ?? 0);
  if (bytes > maxBodyBytes) throw tooLarge();
  bytes = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBodyBytes) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function tooLarge(): HttpError {
  return new HttpError("http/body-too-large", `the body is larger than ${maxBodyBytes} bytes`);
}
