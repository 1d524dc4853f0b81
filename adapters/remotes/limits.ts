/** How long a server elsewhere may take, and how much of it we ask at once. */
export type Limits = {
  /** For a connection, TLS included. */
  readonly connectMs: number;
  /** For a whole answer, however small; large ones get a second more for each `minBytesPerSecond`. */
  readonly answerMs: number;
  /** As `answerMs`, for what changes something there: a server may have a lot to check before it says yes. */
  readonly changeMs: number;
  /** For the answer to whether a server is there at all. */
  readonly pingMs: number;
  readonly minBytesPerSecond: number;
  readonly connections: number;
  /** For how long a server that did not answer is not asked again: who asks meanwhile need not wait for it. */
  readonly restMs: number;
};

export const defaultLimits: Limits = {
  connectMs: 5_000,
  answerMs: 10_000,
  changeMs: 60_000,
  pingMs: 5_000,
  minBytesPerSecond: 1_048_576,
  connections: 8,
  restMs: 5_000,
};
