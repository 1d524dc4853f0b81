import type { MetadataSource } from "#services/reader";
import type { TrustService } from "#services/trust";

/** Our own trust server as a source for the reader: the same files that clients get, without the wire. */
export function ownMetadataSource(
  trust: Pick<TrustService, "current" | "byChecksum" | "byVersion">,
): MetadataSource {
  return {
    current: async (...asked) => (await trust.current(...asked))?.bytes,
    byChecksum: async (...asked) => (await trust.byChecksum(...asked))?.bytes,
    byVersion: async (...asked) => (await trust.byVersion(...asked))?.bytes,
  };
}
