import { createHash } from "node:crypto";
import type { JsonObject, JsonValue } from "#domain/json";
import type { Brand, Instant } from "#domain/kernel";
import { TufError } from "./errors.ts";
import { readFile } from "./read-file.ts";
import type { RoleName } from "./role-name.ts";
import { asArray, asBytes, asMap, asString, asWhole, invalid, malformed } from "./shape.ts";
import type { Signature } from "./signature.ts";
import { formatForPeople, tryTime } from "./time.ts";

/** A metadata file: what it says, and the bytes that its signatures are over. */
export type Envelope<Payload> = {
  readonly role: RoleName;
  /** The file as it arrived: what hashes and lengths are about. */
  readonly bytes: Uint8Array;
  /** Hex. */
  readonly sha256: string;
  /** `signed` as it arrived; canonical JSON is made from this, never from the typed view. */
  readonly raw: JsonValue;
  /** The canonical form of `raw`: the message that was signed. */
  readonly message: Uint8Array;
  /** The typed view of it, for reading. */
  readonly signed: Payload;
  readonly signatures: readonly Signature[];
};

/** An envelope whose signatures have met their role's threshold. Says nothing about expiry or versions. */
export type Trusted<Payload> = Brand<Envelope<Payload>, "Trusted">;

/** What every payload has. */
export type Common = { readonly version: number; readonly expires: Instant };

const maxSignatures = 64;

export type Reading<Payload> = {
  readonly role: RoleName;
  /** `Root`, `Targets`, ... */
  readonly type: string;
  readonly maxBytes: number;
  readonly read: (signed: JsonObject, common: Common) => Payload;
};

/** Reads a metadata file. Throws `tuf/malformed` for what is not one, `tuf/invalid` for what breaks a rule of its kind. */
export function decode<Payload>(bytes: Uint8Array, as: Reading<Payload>): Envelope<Payload> {
  const { signed: raw, canonical, signatures: listed } = readFile(bytes, as.maxBytes);
  const signatures = asArray(listed, "signatures", maxSignatures).map(signatureOf);
  const signed = as.read(raw, commonOf(raw, as));
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const message = new TextEncoder().encode(canonical);
  return { role: as.role, bytes, sha256, raw, message, signed, signatures };
}

/** Throws `tuf/expired` when the file's time is over at `now`. */
export function requireFresh(envelope: Envelope<Common>, now: Instant): void {
  if (isExpired(envelope, now))
    throw new TufError(
      "tuf/expired",
      `${envelope.role} expired at ${formatForPeople(envelope.signed.expires)}`,
    );
}

export function isExpired(envelope: Envelope<Common>, now: Instant): boolean {
  return envelope.signed.expires < now;
}

function signatureOf(value: JsonValue): Signature {
  const members = asMap(value, "signature", 3);
  const keyId = asString(members.get("keyid"), "keyid");
  const method = asString(members.get("method"), "method");
  return { keyId, method, bytes: asBytes(members.get("sig"), "sig") };
}

function commonOf(signed: JsonObject, as: Reading<unknown>): Common {
  const type = asString(signed["_type"], "_type");
  if (type !== as.type)
    throw invalid(as.role, `expected type ${as.type}, not ${type.slice(0, 40)}`);
  const version = asWhole(signed["version"], "version");
  if (version < 1) throw invalid(as.role, "version cannot be less than one");
  const expires = tryTime(asString(signed["expires"], "expires"));
  if (expires === undefined) throw malformed("expires is not a time");
  return { version, expires };
}
