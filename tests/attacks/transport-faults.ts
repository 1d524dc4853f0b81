import type { TrustReading } from "#domain/tuf";
import type { Misbehaviour } from "./hostile-server.ts";

/** A bare status. */
export const status =
  (code: number, headers: Readonly<Record<string, string>> = {}): Misbehaviour =>
  (response) =>
    void response.writeHead(code, headers).end("{}");
export const endless: Misbehaviour = (response) => {
  response.writeHead(200);
  const more = (): void => {
    while (!response.destroyed && response.write(Buffer.alloc(65_536, " ")));
    if (!response.destroyed) response.once("drain", more);
  };
  more();
};
export const silent: Misbehaviour = () => undefined;
const dribbling: Misbehaviour = (response) => {
  response.writeHead(200);
  const timer = setInterval(() => response.write(" "), 50);
  response.once("close", () => clearInterval(timer));
};
const brokenOff: Misbehaviour = (response) => {
  response.writeHead(200, { "content-length": "1000" });
  response.write("{");
  response.destroy();
};
const hugeHeaders = status(200, { "x-filling": "x".repeat(30_000) });

/** What a trust server may do to a connection, and what a repository behind it then is. */
export type Fault = {
  readonly name: string;
  readonly file: string;
  readonly does: Misbehaviour;
  readonly kind: TrustReading["kind"];
  /** How long a client waits for an answer: short where none comes, long where a busy machine must not be in the way. */
  readonly answerMs: number;
};
type Told = Omit<Fault, "answerMs">;
const told: readonly Told[] = [
  ...[401, 403, 429, 500, 503].map((code) => ({
    name: `${code} for the timestamp`,
    ...{ file: "timestamp", does: status(code), kind: "unavailable" as const },
  })),
  { name: "500 for a delegation", file: "targets/qa.#", does: status(500), kind: "unavailable" },
  {
    name: "a redirect",
    file: "timestamp",
    does: status(307, { location: "https://localhost:1/" }),
    kind: "unavailable",
  },
  { name: "no answer at all", file: "*", does: silent, kind: "unavailable" },
  { name: "a byte now and then", file: "timestamp", does: dribbling, kind: "unavailable" },
  {
    name: "a byte now and then, later on",
    file: "snapshot.#",
    does: dribbling,
    kind: "unavailable",
  },
  { name: "an answer that breaks off", file: "root", does: brokenOff, kind: "unavailable" },
  { name: "headers without end", file: "timestamp", does: hugeHeaders, kind: "unavailable" },
  { name: "a timestamp without end", file: "timestamp", does: endless, kind: "tampered" },
  { name: "a root without end", file: "root", does: endless, kind: "tampered" },
  { name: "a snapshot without end", file: "snapshot.#", does: endless, kind: "tampered" },
  { name: "targets without end", file: "targets.#", does: endless, kind: "tampered" },
  {
    name: "a challenge that nobody knows",
    file: "*",
    does: status(401, { "www-authenticate": "Negotiate" }),
    kind: "unavailable",
  },
  {
    name: "a challenge that leads to plain HTTP",
    file: "*",
    does: status(401, { "www-authenticate": 'Bearer realm="http://localhost:1/token"' }),
    kind: "unavailable",
  },
];

const endsLate = new Set([silent, dribbling]);
export const faults: readonly Fault[] = told.map((fault) => ({
  ...fault,
  answerMs: endsLate.has(fault.does) ? 1_000 : 20_000,
}));
