/** SQLite's primary result code for a lock that somebody else has; extended ones have it in their low byte. */
const busy = 5;

export function isBusy(error: unknown): boolean {
  return (
    error instanceof Error &&
    "errcode" in error &&
    typeof error.errcode === "number" &&
    (error.errcode & 0xff) === busy
  );
}
