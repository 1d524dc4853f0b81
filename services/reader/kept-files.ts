import { createHash } from "node:crypto";
import type { Options } from "#domain/kernel";
import type { Gun } from "#domain/oci";
import { rootRole, timestampRole } from "#domain/tuf";
import type { FileCache, LastGood, MetadataSource } from "./ports.ts";

export type RecordingSource = {
  readonly source: MetadataSource;
  /** The timestamp given last, and every file given by its checksum. */
  readonly recorded: {
    timestamp: Uint8Array | undefined;
    readonly files: Map<string, Uint8Array>;
  };
};

/** A source that fetches only what is not kept, and notes what it gave. */
export function sparing(source: MetadataSource, cache: FileCache): RecordingSource {
  const recorded: RecordingSource["recorded"] = { timestamp: undefined, files: new Map() };
  return {
    recorded,
    source: {
      async current(gun, role, o) {
        const bytes = await source.current(gun, role, o);
        if (role === timestampRole) recorded.timestamp = bytes;
        return bytes;
      },
      async byChecksum(gun, role, sha256, o) {
        const kept = await keptFile(cache, gun, sha256, o);
        const bytes = kept ?? (await source.byChecksum(gun, role, sha256, o));
        if (bytes !== undefined) recorded.files.set(sha256, bytes);
        return bytes;
      },
      byVersion: (...asked) => source.byVersion(...asked),
    },
  };
}

/** What was kept of a last good reading, as a source: it knows nothing newer. */
export function keptSource(
  cache: FileCache,
  good: LastGood,
  root: Uint8Array | undefined,
): MetadataSource {
  return {
    current: (_gun, role) =>
      Promise.resolve(
        role === timestampRole ? good.timestamp : role === rootRole ? root : undefined,
      ),
    byChecksum: (gun, _role, sha256, o) => keptFile(cache, gun, sha256, o),
    byVersion: () => Promise.resolve(undefined),
  };
}

/** A kept file that is not what its name says is as good as none: it is fetched again. */
async function keptFile(
  cache: FileCache,
  gun: Gun,
  name: string,
  o: Options,
): Promise<Uint8Array | undefined> {
  const bytes = await cache.file(gun, name, o);
  return bytes !== undefined && sha256(bytes) === name ? bytes : undefined;
}

export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
