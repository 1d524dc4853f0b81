import type { Random } from "./random.ts";

/** A request before it is written. */
export type Asked = {
  readonly method: string;
  readonly target: string;
  readonly body?: Uint8Array;
  readonly headers?: readonly string[];
};

/** A request as it goes out. */
export type Written = {
  readonly bytes: Buffer;
  /** Whether it may end the connection, or leave the two sides of one mind about where it ends. */
  readonly isLast: boolean;
};

const types: readonly [string, ...string[]] = [
  "application/json; charset=utf-8",
  "Application/JSON",
  ...["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"],
  ...["application/octet-stream", "application/x-tar", "application/json, text/plain", ""],
];

/** Writes a request, in one way or another: `boldness` is the chance of each trick. */
export function frame(asked: Asked, random: Random, boldness: number): Written {
  const dare = (): boolean => random.chance(boldness);
  const { body } = asked;
  const method = dare() ? oddMethod(asked.method, random) : asked.method;
  const target = dare() ? oddTarget(asked.target, random) : asked.target;
  const headers = [...(asked.headers ?? [])];
  const hasType = headers.some((header) => /^content-type:/i.test(header));
  if (body !== undefined && (!hasType || dare()))
    headers.push(`Content-Type: ${dare() ? random.pick(types) : "application/json"}`);
  if (dare()) headers.push(random.pick(odds));
  const upgrades = dare() && random.chance(0.2);
  if (upgrades)
    headers.push("Connection: Upgrade", `Upgrade: ${random.pick(["h2c", "tcp", "websocket"])}`);
  const head = (more: readonly string[]): Buffer =>
    Buffer.from(
      `${[`${method} ${target} HTTP/1.1`, "Host: d", ...headers, ...more].join("\r\n")}\r\n\r\n`,
    );
  if (dare() && random.chance(0.5))
    return {
      bytes: Buffer.concat([
        head(brokenLength(random, body)),
        body ?? Buffer.alloc(0),
        chunked(body, random),
      ]),
      isLast: true,
    };
  const isLast = upgrades || method === "HEAD" || method !== asked.method;
  if (body === undefined) return { bytes: head([]), isLast };
  return random.chance(0.2)
    ? {
        bytes: Buffer.concat([head(["Transfer-Encoding: chunked"]), chunked(body, random)]),
        isLast,
      }
    : { bytes: Buffer.concat([head([`Content-Length: ${body.length}`]), body]), isLast };
}

const odds: readonly [string, ...string[]] = [
  "Expect: 100-continue",
  ...["Content-Encoding: gzip", "X-HTTP-Method-Override: DELETE", "X-Original-URL: /_ping"],
  ...[
    "TE: trailers",
    "Trailer: Content-Type",
    "Connection: Content-Type",
    "Connection: keep-alive, Content-Length",
  ],
  ...["X-Registry-Auth: e30=", "Transfer-Encoding: identity", "Host: e", "Accept-Encoding: gzip"],
];

function brokenLength(random: Random, body: Uint8Array | undefined): readonly string[] {
  const length = `Content-Length: ${body?.length ?? 0}`;
  return random.pick<readonly string[]>([
    [length, "Content-Length: 0"],
    [length, "Transfer-Encoding: chunked"],
    ["Content-Length: 1"],
    ["Transfer-Encoding: chunked", "Transfer-Encoding: identity"],
    ["Transfer-Encoding: xchunked"],
    [`Content-Length : ${body?.length ?? 0}`],
    ["X: a\n\tTransfer-Encoding: chunked"],
    [`Content-Length: +${body?.length ?? 0}`],
    [length, "X: a\rTransfer-Encoding: chunked"],
  ]);
}

function chunked(body: Uint8Array | undefined, random: Random): Buffer {
  const pieces: Buffer[] = [];
  const extension = random.chance(0.1) ? ";x=y" : "";
  for (let at = 0; body !== undefined && at < body.length;) {
    const piece = Buffer.from(body.subarray(at, at + 1 + random.below(body.length)));
    pieces.push(
      Buffer.from(`${piece.length.toString(16)}${extension}\r\n`),
      piece,
      Buffer.from("\r\n"),
    );
    at += piece.length;
  }
  return Buffer.concat([...pieces, Buffer.from("0\r\n\r\n")]);
}

function oddMethod(method: string, random: Random): string {
  return random.pick([
    method.toLowerCase(),
    "PUT",
    "GET",
    "HEAD",
    "PATCH",
    "DELETE",
    "OPTIONS",
    "POST",
  ]);
}

function oddTarget(target: string, random: Random): string {
  const at = 1 + random.below(Math.max(1, target.length - 1));
  const letter = target.charCodeAt(at) || 0x61;
  const slash = target.indexOf("/", 1 + random.below(target.length));
  const put = (place: number, text: string): string =>
    target.slice(0, place) + text + target.slice(place);
  switch (random.below(9)) {
    case 0:
      return `${target.slice(0, at)}%${letter.toString(16).padStart(2, "0")}${target.slice(at + 1)}`;
    case 1:
      return put(Math.max(0, slash), random.pick(["/", "/.", "/x/..", "/%2e", "/x/%2e%2e"]));
    case 2:
      return `http://d${target}`;
    case 3:
      return target.replace(/^\/v1\.\d+/, () =>
        random.pick(["", "/v1.24", "/v1.12", "/v1.99", "/V1.41", "/v1.041", "/v1.51"]),
      );
    case 4:
      return put(at, random.pick(["%00", "%2f", "%5c", ";", "#", "\\", "%", "%zz", "\t"]));
    case 5:
      return `${target}${target.includes("?") ? "&" : "?"}${(target.split("?")[1] ?? "a=b").replace(/=.*/, "=other")}`;
    case 6:
      return target.replace(/[a-z]/i, (one) => one.toUpperCase());
    case 7:
      return `${target.split("?")[0]}/?${target.split("?")[1] ?? ""}`;
    default:
      return target.replaceAll("=", () => (random.chance(0.3) ? ";" : "="));
  }
}
