import { tryRoleName, type RoleName } from "#domain/tuf";
import type { ServerRole } from "#services/trust";

/** What the last part of a `_trust/tuf/` path asks for. */
export type AskedFile =
  | { readonly kind: "current"; readonly role: RoleName }
  | { readonly kind: "by-checksum"; readonly role: RoleName; readonly sha256: string }
  | { readonly kind: "by-version"; readonly role: RoleName; readonly version: number }
  | { readonly kind: "key"; readonly role: ServerRole }
  /** Well asked, and can never be there: a role nobody may have, a checksum of another kind. */
  | { readonly kind: "never" };

const NAME =
  /^(?:([0-9]+)\.)?(root|snapshot|timestamp|targets(?:\/[^/\s]+?)*)(?:\.([0-9a-fA-F]{64}|[0-9a-fA-F]{96}|[0-9a-fA-F]{128}))?\.json$/;
const SHA256 = /^[0-9a-f]{64}$/;

/**
 * Reads `root.json`, `targets/qa.<checksum>.json`, `3.root.json`, `timestamp.key`; undefined for anything
 * else. Of checksums only a sha256 in small letters is ever found, as on Notary's server.
 */
export function askedFile(text: string): AskedFile | undefined {
  if (text === "timestamp.key" || text === "snapshot.key")
    return { kind: "key", role: text === "timestamp.key" ? "timestamp" : "snapshot" };
  const match = NAME.exec(text);
  const [, version, name = "", checksum] = match ?? [];
  if (match === null || (version !== undefined && checksum !== undefined)) return undefined;
  const role = tryRoleName(name);
  if (role === undefined) return { kind: "never" };
  if (version !== undefined) {
    const number = Number(version);
    return Number.isSafeInteger(number)
      ? { kind: "by-version", role, version: number }
      : { kind: "never" };
  }
  if (checksum === undefined) return { kind: "current", role };
  return SHA256.test(checksum)
    ? { kind: "by-checksum", role, sha256: checksum }
    : { kind: "never" };
}
