import type { Options } from "#domain/kernel";
import type { Gun } from "#domain/oci";
import type { RoleName } from "#domain/tuf";

/** `maxBytes`: the length that was announced, where there is one. A source may stop one byte after it. */
export type FetchOptions = Options & { readonly maxBytes?: number };

/**
 * Any Notary v1 server. Undefined says that it has no such file; whatever else keeps it from answering is a
 * throw. A file too long to be true is given with its end cut off.
 */
export interface ArchiveSource {
  current(gun: Gun, role: RoleName, o: Options): Promise<Uint8Array | undefined>;
  byChecksum(
    gun: Gun,
    role: RoleName,
    sha256: string,
    o: FetchOptions,
  ): Promise<Uint8Array | undefined>;
  byVersion(gun: Gun, role: RoleName, version: number, o: Options): Promise<Uint8Array | undefined>;
}

/** What a Notary client keeps of one repository: its root is the pin, its versions are never gone below. */
export interface ClientCache {
  file(role: RoleName, o: Options): Promise<Uint8Array | undefined>;
  writeFiles(files: ReadonlyMap<RoleName, Uint8Array>, o: Options): Promise<void>;
}
