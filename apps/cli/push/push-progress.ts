import type { Clock } from "#domain/kernel";
import type { PublishProgress } from "#services/publisher";
import type { Progress } from "../progress.ts";

/** Says how far a push is, a few times a second. */
export function pushProgress(
  progress: Progress,
  clock: Clock,
): {
  readonly read: (bytes: number) => void;
  readonly pushed: (progress: PublishProgress) => void;
} {
  let before = Number.NEGATIVE_INFINITY;
  const say = (text: () => string): void => {
    const now = clock();
    if (Math.abs(now - before) < 200) return;
    before = now;
    progress.say(text());
  };
  return {
    read: (bytes) => say(() => `reading the image: ${inMegabytes(bytes)} MB`),
    pushed: ({ blobs, allBlobs, bytes, allBytes }) =>
      say(
        () =>
          `pushing: ${blobs} of ${allBlobs} parts, ` +
          `${inMegabytes(bytes)} of ${inMegabytes(allBytes)} MB`,
      ),
  };
}

function inMegabytes(bytes: number): string {
  return (bytes / 1_000_000).toFixed(1);
}
