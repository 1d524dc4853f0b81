import type { IncomingMessage } from "node:http";
import { readJson, type JsonValue } from "#domain/json";
import { HttpError } from "./errors.ts";

/** Reads a whole body of at most `maxBytes`. Throws `http/body-too-large` without reading on. */
export async function readBytes(request: IncomingMessage, maxBytes: number): Promise<Uint8Array> {
  const declared = Number(request.headers["content-length"] ?? 0);
  if (declared > maxBytes) throw tooLarge(maxBytes);
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw tooLarge(maxBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Reads a JSON body, strictly. Throws `http/body-too-large` or a `JsonError`. */
export async function readJsonBody(
  request: IncomingMessage,
  maxBytes = 65_536,
): Promise<JsonValue> {
  return readJson(await readBytes(request, maxBytes), { maxBytes });
}

function tooLarge(maxBytes: number): HttpError {
  return new HttpError("http/body-too-large", `the body is larger than ${maxBytes} bytes`);
}
