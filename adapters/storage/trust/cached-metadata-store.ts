import type { Gun } from "#domain/oci";
import type { MetadataStore, Publication, StoredFile } from "#services/trust";
import { dataVersionOf, type Database } from "../database.ts";

/** Memory for the bytes of files that are asked for again and again. */
const maxBytes = 64 * 2 ** 20;

/**
 * A metadata store that remembers the files it gave. Nothing is given once it is old: what this process
 * publishes or removes is forgotten before that returns, and a change by another process forgets everything.
 */
export function cachedMetadataStore(store: MetadataStore, database: Database): MetadataStore {
  let files = new Map<string, StoredFile>();
  let bytes = 0;
  let generation = 0;
  let version = dataVersionOf(database);

  function forgetAll(): void {
    files = new Map();
    bytes = 0;
    generation += 1;
  }

  function forgetIfOthersWrote(): void {
    const now = dataVersionOf(database);
    if (now === version) return;
    version = now;
    forgetAll();
  }

  function forget(gun: Gun): void {
    generation += 1;
    for (const [name, file] of files) if (name.startsWith(`${gun} `)) drop(name, file);
  }

  /**
   * What was published is what is current now, and the rest is as it was: unless another process has published
   * too, which the next look at the database tells, or this one has meanwhile, when all is forgotten instead.
   */
  function replace(gun: Gun, { files: published, retired }: Publication): void {
    generation += 1;
    for (const role of retired)
      for (const [name, file] of files) if (name.startsWith(`${gun} ${role} `)) drop(name, file);
    for (const file of published)
      if (file.bytes.length <= maxBytes / 4) keep(`${gun} ${file.role} current`, file);
      else forgetOne(`${gun} ${file.role} current`);
  }

  function forgetOne(name: string): void {
    const known = files.get(name);
    if (known !== undefined) drop(name, known);
  }

  function drop(name: string, file: StoredFile): void {
    files.delete(name);
    bytes -= file.bytes.length;
  }

  async function remembered(
    name: string,
    read: () => Promise<StoredFile | undefined>,
  ): Promise<StoredFile | undefined> {
    forgetIfOthersWrote();
    const known = files.get(name);
    if (known !== undefined) return known;
    const began = generation;
    const file = await read();
    // What was read while something was published may be old already: it is an answer, but not one to keep.
    if (file !== undefined && began === generation && file.bytes.length <= maxBytes / 4)
      keep(name, file);
    return file;
  }

  function keep(name: string, file: StoredFile): void {
    const before = files.get(name);
    if (before !== undefined) drop(name, before);
    files.set(name, file);
    bytes += file.bytes.length;
    for (const [oldest, old] of files) {
      if (bytes <= maxBytes) break;
      drop(oldest, old);
    }
  }

  return {
    ...store,
    current: (gun, role, o) =>
      remembered(`${gun} ${role} current`, () => store.current(gun, role, o)),
    byChecksum: (gun, role, sha256, o) =>
      remembered(`${gun} ${role} ${sha256}`, () => store.byChecksum(gun, role, sha256, o)),
    byVersion: (gun, role, number, o) =>
      remembered(`${gun} ${role} v${number}`, () => store.byVersion(gun, role, number, o)),
    async publish(gun, publication, o) {
      const began = generation;
      let isAlone = false;
      try {
        await store.publish(gun, publication, o);
        isAlone = began === generation;
      } finally {
        if (isAlone) replace(gun, publication);
        else forget(gun);
      }
    },
    async remove(gun, at, o) {
      try {
        await store.remove(gun, at, o);
      } finally {
        forget(gun);
      }
    },
  };
}
