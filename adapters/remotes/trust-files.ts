import type { Options } from "#domain/kernel";
import type { Gun } from "#domain/oci";
import { rootRole, timestampRole, type RoleName } from "#domain/tuf";
import type { MetadataSource } from "#services/reader";

const mebibyte = 1_048_576;

/** The most bytes of a file whose length nobody announced. */
function maxUnannounced(role: RoleName): number {
  return role === timestampRole || role === rootRole ? mebibyte : 100 * mebibyte;
}

/** Gets a file by the name that Notary's servers have it under, without its `.json`. */
export type FileByName = (
  gun: Gun,
  name: string,
  maxBytes: number,
  o: Options,
) => Promise<Uint8Array | undefined>;

/** A source of trust data that asks for files by name. */
export function sourceOf(file: FileByName): MetadataSource {
  return {
    current: (gun, role, o) => file(gun, role, maxUnannounced(role), o),
    byChecksum: (gun, role, sha256, o) =>
      file(gun, `${role}.${sha256}`, Math.min(o.maxBytes ?? Infinity, maxUnannounced(role)), o),
    byVersion: (gun, role, version, o) => file(gun, `${version}.${role}`, maxUnannounced(role), o),
  };
}
