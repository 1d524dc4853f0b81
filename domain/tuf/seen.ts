import type { Common, Trusted } from "./envelope.ts";
import type { RoleName } from "./role-name.ts";

/** One version of a role's file that was verified once. `sha256` in hex. */
export type SeenFile = { readonly version: number; readonly sha256: string };
export type SeenFiles = ReadonlyMap<RoleName, SeenFile>;

export type VersionFault =
  | {
      readonly kind: "rolled-back";
      readonly seenVersion: number;
      readonly offeredVersion: number;
    }
  | { readonly kind: "other-content"; readonly version: number };

/** What is wrong with a file's version, given what was seen before: lower, or the same with other bytes. */
export function versionFault(
  file: Trusted<Common>,
  before: SeenFile | undefined,
): VersionFault | undefined {
  const { version } = file.signed;
  if (before === undefined || version > before.version) return undefined;
  if (version < before.version)
    return { kind: "rolled-back", seenVersion: before.version, offeredVersion: version };
  return file.sha256 === before.sha256 ? undefined : { kind: "other-content", version };
}
