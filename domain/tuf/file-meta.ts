import { createHash } from "node:crypto";
import type { JsonValue } from "#domain/json";
import { TufError } from "./errors.ts";
import type { RoleName } from "./role-name.ts";
import { asBytes, asMap, asObject, asString, asWhole, malformed } from "./shape.ts";

/** What one file says of another. Hashes in hex; a hash that nobody here knows is passed over. */
export type FileMeta = {
  readonly length: number;
  readonly sha256?: string;
  readonly sha512?: string;
};

/** 32 or 64 bytes in base64, the spare bits of the last digit zero. */
const PLAIN_HASH = /^(?:[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=|[A-Za-z0-9+/]{85}[AQgw]==)$/;

/** Reads `{"hashes": {...}, "length": n}`. Throws `tuf/malformed`. */
export function fileMetaOf(value: JsonValue | undefined, what: string): FileMeta {
  const { hashes, length } = asObject(value, what);
  const listed = asMap(hashes, `hashes of ${what}`, 8);
  const bytes = asWhole(length, `length of ${what}`);
  if (bytes < 0) throw malformed(`length of ${what} is negative`);
  const sha256 = hexOf(listed.get("sha256"), 32);
  const sha512 = hexOf(listed.get("sha512"), 64);
  return {
    length: bytes,
    ...(sha256 === undefined ? {} : { sha256 }),
    ...(sha512 === undefined ? {} : { sha512 }),
  };
}

/** Describes a file's bytes, as the server and Notary's clients do: both hashes. */
export function describeFile(bytes: Uint8Array): Required<FileMeta> {
  const hash = (algorithm: string): string => createHash(algorithm).update(bytes).digest("hex");
  return { length: bytes.length, sha256: hash("sha256"), sha512: hash("sha512") };
}

/** The JSON of a description: hashes in base64. */
export function fileMetaJson(meta: FileMeta): JsonValue {
  const base64 = (hex: string): string => Buffer.from(hex, "hex").toString("base64");
  return {
    hashes: {
      ...(meta.sha256 === undefined ? {} : { sha256: base64(meta.sha256) }),
      ...(meta.sha512 === undefined ? {} : { sha512: base64(meta.sha512) }),
    },
    length: meta.length,
  };
}

/** Throws `tuf/content-differs` unless `bytes` are the file of `role` that `meta` describes, by every hash and by length. */
export function requireContent(role: RoleName, bytes: Uint8Array, meta: FileMeta): void {
  const found = describeFile(bytes);
  if (meta.sha256 === undefined || found.sha256 !== meta.sha256)
    throw differs(role, "sha256", meta.sha256);
  if (meta.sha512 !== undefined && found.sha512 !== meta.sha512)
    throw differs(role, "sha512", meta.sha512);
  if (meta.length !== found.length)
    throw new TufError(
      "tuf/content-differs",
      `length of ${role} did not match: expected ${meta.length}, found ${found.length}`,
    );
}

function differs(role: RoleName, algorithm: string, expected = ""): TufError {
  return new TufError(
    "tuf/content-differs",
    `${algorithm} checksum for ${role} did not match: expected ${expected}`,
  );
}

function hexOf(value: JsonValue | undefined, bytes: number): string | undefined {
  if (value === undefined) return undefined;
  const hex = Buffer.from(asString(value, "hash"), "base64").toString("hex");
  if (hex.length !== 2 * bytes) throw malformed("a hash has the wrong length");
  // Thousands of them stand in a file: only what might not be base64's one way to write it is written again.
  if (!PLAIN_HASH.test(value as string)) asBytes(value, "hash");
  return hex;
}
