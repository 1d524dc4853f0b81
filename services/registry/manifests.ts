import type { AccountName } from "#domain/identity";
import type { Clock, Options } from "#domain/kernel";
import {
  digestOf,
  isDigest,
  parseManifest,
  requiredBy,
  type Digest,
  type Manifest,
  type RepositoryName,
  type Tag,
} from "#domain/oci";
import { RegistryError } from "./errors.ts";
import type { ReferrerQuery, RegistryStore } from "./ports.ts";
import type { Referrer, StoredManifest } from "./records.ts";

export type PutManifest = {
  readonly repository: RepositoryName;
  readonly reference: Tag | Digest;
  /** The type it was sent as. */
  readonly mediaType: string | undefined;
  readonly bytes: Uint8Array;
  readonly by: AccountName | undefined;
};

export type PutResult = { readonly digest: Digest; readonly subject: Digest | undefined };

/** How deep indexes may stand in indexes when we walk them. */
const maxIndexDepth = 4;

export function createManifests({
  store,
  clock,
}: {
  readonly store: RegistryStore;
  readonly clock: Clock;
}) {
  async function read(
    repository: RepositoryName,
    digest: Digest,
    o: Options,
  ): Promise<StoredManifest> {
    const found = await store.manifest(repository, digest, o);
    if (found === undefined) throw unknown();
    return found;
  }

  async function collectConfigs(
    repository: RepositoryName,
    digest: Digest,
    walk: { readonly depth: number; readonly seen: Set<Digest>; readonly configs: Set<Digest> },
    o: Options,
  ): Promise<void> {
    if (walk.depth > maxIndexDepth || walk.seen.has(digest)) return;
    walk.seen.add(digest);
    const stored = await store.manifest(repository, digest, o);
    if (stored === undefined) return;
    const manifest = parseManifest(stored.bytes, stored.mediaType);
    if (manifest.kind === "image") walk.configs.add(manifest.config.digest);
    else
      for (const child of manifest.manifests)
        await collectConfigs(repository, child.digest, { ...walk, depth: walk.depth + 1 }, o);
  }

  return {
    /**
     * Stores a manifest under its digest and, when pushed by tag, moves the tag to it. Throws
     * `oci/manifest-invalid`, `registry/digest-differs`, `registry/reference-absent`.
     */
    async putManifest(put: PutManifest, o: Options): Promise<PutResult> {
      const digest = digestOf(put.bytes);
      if (isDigest(put.reference) && put.reference !== digest)
        throw new RegistryError("registry/digest-differs", "the manifest has another digest");
      const manifest = parseManifest(put.bytes, put.mediaType);
      const tag = isDigest(put.reference) ? undefined : put.reference;
      const deed = { at: clock(), by: put.by };
      const subject = manifest.subject?.digest;
      await store.putManifest(
        {
          repository: put.repository,
          digest,
          mediaType: manifest.mediaType,
          bytes: put.bytes,
          artifactType: manifest.artifactType,
          subject,
          annotations: manifest.annotations,
          requires: requirements(manifest),
        },
        tag,
        deed,
        o,
      );
      return { digest, subject };
    },

    /** A manifest by tag or digest, as it was pushed. Throws `registry/manifest-unknown`. */
    async readManifest(
      repository: RepositoryName,
      reference: Tag | Digest,
      o: Options,
    ): Promise<StoredManifest> {
      const digest = isDigest(reference)
        ? reference
        : await store.resolveTag(repository, reference, o);
      if (digest === undefined) throw unknown();
      return await read(repository, digest, o);
    },

    /** Takes away a manifest and the tags that point to it. Throws `registry/manifest-unknown`, `registry/manifest-in-use`. */
    async deleteManifest(
      repository: RepositoryName,
      digest: Digest,
      by: AccountName | undefined,
      o: Options,
    ): Promise<void> {
      const removal = await store.deleteManifest(repository, digest, { at: clock(), by }, o);
      if (removal === "unknown") throw unknown();
      if (removal === "in-use")
        throw new RegistryError("registry/manifest-in-use", "an index here lists this manifest");
    },

    /** Takes away a tag; what it pointed to stays. Throws `registry/manifest-unknown`. */
    async deleteTag(
      repository: RepositoryName,
      tag: Tag,
      by: AccountName | undefined,
      o: Options,
    ): Promise<void> {
      if (!(await store.deleteTag(repository, tag, { at: clock(), by }, o))) throw unknown();
    },

    /** Manifests that name `subject` as what they are about. None is an answer. */
    async referrers(query: ReferrerQuery, o: Options): Promise<readonly Referrer[]> {
      return await store.referrers(query, o);
    },

    /** A manifest by digest, read; undefined when the repository has it not. */
    async manifest(
      repository: RepositoryName,
      digest: Digest,
      o: Options,
    ): Promise<Manifest | undefined> {
      const stored = await store.manifest(repository, digest, o);
      return stored && parseManifest(stored.bytes, stored.mediaType);
    },

    /**
     * The config digests that can be reached from a manifest or an index: what a classic engine calls
     * the ID of the image. Empty when the repository has it not.
     */
    async imageIds(
      repository: RepositoryName,
      digest: Digest,
      o: Options,
    ): Promise<readonly Digest[]> {
      const configs = new Set<Digest>();
      await collectConfigs(repository, digest, { depth: 0, seen: new Set(), configs }, o);
      return [...configs];
    },
  };
}

function requirements(manifest: Manifest): Parameters<RegistryStore["putManifest"]>[0]["requires"] {
  const mayBeManifest = manifest.kind === "index";
  const bySize = requiredBy(manifest).map(({ digest, size }) => ({ digest, size, mayBeManifest }));
  return [...new Map(bySize.map((each) => [`${each.digest} ${each.size}`, each])).values()];
}

function unknown(): RegistryError {
  return new RegistryError("registry/manifest-unknown", "this repository has no such manifest");
}
