import { tryRoleName, type RoleName } from "#domain/tuf";
import type { ServerRole } from "#services/trust";

/** What the last part of a `_trust/tuf/` path asks for. */
export type AskedFile =
  | { readonly kind: "current"; readonly role: RoleName }
  | { readonly kind: "by-checksum"; readonly role: RoleName; readonly sha256: string }
  | { readonly kind: "by-version"; readonly role: RoleName; readonly version: number }
  | { readonly kind: "key"; readonly role: ServerRole };

const NAME =
  /^(?:([0-9]{1,15})\.)?(root|snapshot|timestamp|targets(?:\/[^/\s.]+)*)(?:\.([0-9a-f]{64}))?\.json$/;

/** Reads `root.json`, `targets/qa.<sha256>.json`, `3.root.json`, `timestamp.key`; undefined for anything else. */
export function askedFile(text: string): AskedFile | undefined {
  if (text === "timestamp.key" || text === "snapshot.key")
    return { kind: "key", role: text === "timestamp.key" ? "timestamp" : "snapshot" };
  const [, version, name = "", sha256] = NAME.exec(text) ?? [];
  const role = tryRoleName(name);
  if (role === undefined || (version !== undefined && sha256 !== undefined)) return undefined;
  if (version !== undefined) return { kind: "by-version", role, version: Number(version) };
  if (sha256 !== undefined) return { kind: "by-checksum", role, sha256 };
  return { kind: "current", role };
}
