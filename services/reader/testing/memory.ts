import type { Gun } from "#domain/oci";
import { decodeRoot, type RoleName, type SeenFile } from "#domain/tuf";
import type { Remembered, TrustMemory } from "#services/reader";

/** What was verified before, kept for as long as the process lives. */
export function inMemoryTrustMemory(): TrustMemory {
  const roots = new Map<Gun, Uint8Array>();
  const seen = new Map<Gun, Map<RoleName, SeenFile>>();
  const recall = (gun: Gun): Remembered => ({
    root: roots.get(gun),
    seen: new Map(seen.get(gun)),
  });
  const versionOf = (bytes: Uint8Array | undefined): number =>
    bytes === undefined ? 0 : decodeRoot(bytes).signed.version;
  return {
    recall: (gun) => Promise.resolve(recall(gun)),
    highest: (gun, role) => Promise.resolve(seen.get(gun)?.get(role)),
    raise(gun, news) {
      const known = seen.get(gun) ?? new Map<RoleName, SeenFile>();
      if (versionOf(news.root) > versionOf(roots.get(gun))) {
        roots.set(gun, news.root);
        for (const role of news.renewed) known.delete(role);
      }
      seen.set(gun, known);
      for (const [role, file] of news.seen)
        if (file.version > (known.get(role)?.version ?? 0)) known.set(role, file);
      for (const role of news.gone) known.delete(role);
      return Promise.resolve(recall(gun));
    },
    pin(gun, root) {
      if (!roots.has(gun)) roots.set(gun, root);
      return Promise.resolve();
    },
    forget(gun) {
      roots.delete(gun);
      seen.delete(gun);
      return Promise.resolve();
    },
  };
}
