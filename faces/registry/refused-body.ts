import type { IncomingMessage } from "node:http";

const maxBytes = 4 * 1024 * 1024;
const maxMs = 2_000;

/**
 * Reads on for a while when a request was answered before its body was read. A connection that is closed
 * over unread bytes is reset, and the reset may overtake the reply that says what was wrong.
 */
export async function readOn(request: IncomingMessage): Promise<void> {
  if (request.complete || request.destroyed) return;
  await new Promise<void>((resolve) => {
    let bytes = 0;
    const done = (): void => {
      clearTimeout(timer);
      request.off("data", count).off("end", done).off("close", done).pause();
      resolve();
    };
    const count = (chunk: Buffer): void => {
      bytes += chunk.length;
      if (bytes > maxBytes) done();
    };
    const timer = setTimeout(done, maxMs);
    request.on("data", count).once("end", done).once("close", done);
    request.once("error", () => done()).resume();
  });
}
