import type { IncomingMessage, ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import type { EngineAnswer } from "#adapters/docker";
import { headersToClient } from "./headers.ts";
import { refusalBody, type Refusal } from "./refusal.ts";

const lingerMs = 5_000;
const lingerBytes = 256 * 1_048_576;

/**
 * Sends a refusal as one complete answer. A client in the middle of an upload reads it only when its
 * connection is not reset, so what still comes is thrown away for a while before the connection ends.
 */
export async function sendRefusal(
  request: IncomingMessage,
  response: ServerResponse,
  refusal: Refusal,
): Promise<void> {
  if (response.headersSent) {
    response.destroy(); // a half-sent answer cannot be taken back, only broken off
    return;
  }
  const body = refusalBody(refusal);
  response.writeHead(refusal.status, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(body),
    ...(request.complete ? {} : { connection: "close" }),
  });
  if (request.method === "HEAD") {
    response.end();
    return;
  }
  response.write(body);
  if (!request.complete) await discardRest(request);
  response.end();
}

async function discardRest(request: IncomingMessage): Promise<void> {
  let bytes = 0;
  await new Promise<void>((resolve) => {
    const enough = setTimeout(resolve, lingerMs);
    const done = (): void => {
      clearTimeout(enough);
      resolve();
    };
    request.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > lingerBytes) done();
    });
    request.once("end", done);
    request.once("close", done);
    request.once("error", done);
  });
}

/**
 * Sends the engine's answer on as it comes: headers at once, for clients wait for those of `wait` and
 * `events` before anything happens. An answer that breaks off on one side breaks off on the other.
 */
export async function sendAnswer(response: ServerResponse, answer: EngineAnswer): Promise<void> {
  response.writeHead(answer.status, headersToClient(answer.headers));
  response.flushHeaders();
  await pipeline(answer.body, response);
}
