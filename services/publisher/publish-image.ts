import { mapBounded, type Options } from "#domain/kernel";
import type {
  Descriptor,
  Digest,
  ManifestMediaType,
  Platform,
  RepositoryName,
  Tag,
} from "#domain/oci";
import { checked } from "./checked.ts";
import { PublisherError } from "./errors.ts";
import type { ImageRegistry, ImageSource } from "./ports.ts";
import { readImage } from "./read-image.ts";

export type PublishParts = {
  readonly source: ImageSource;
  readonly registry: ImageRegistry;
};

export type PublishOptions = {
  readonly repository: RepositoryName;
  readonly tag: Tag;
  /** Repositories of the same registry that may have some of it already. */
  readonly mountFrom?: readonly RepositoryName[];
  readonly onProgress?: (progress: PublishProgress) => void;
};

/** How far it is. Bytes are those of the blobs that have to be looked after, sent or not. */
export type PublishProgress = {
  readonly blobs: number;
  readonly allBlobs: number;
  readonly bytes: number;
  readonly allBytes: number;
};

export type PublishedImage = {
  /** Of the manifest that was pushed: by our own count of its bytes. */
  readonly digest: Digest;
  /** In bytes. */
  readonly length: number;
  readonly mediaType: ManifestMediaType;
  readonly platforms: readonly Platform[];
  readonly blobs: { readonly pushed: number; readonly mounted: number; readonly present: number };
  /** That had to be sent. */
  readonly sentBytes: number;
};

type Outcome = "pushed" | "mounted" | "present";

const concurrency = 4;

/**
 * Brings an image into a registry: first what is missing of its configs and layers, several at a time, then its
 * manifests, and the tag last: before that nobody sees any of it. Called again after an interruption, it sends what
 * is still missing. Throws a `PublisherError`, and what the registry throws.
 */
export async function publishImage(
  { source, registry }: PublishParts,
  { repository, tag, mountFrom = [], onProgress }: PublishOptions,
  { signal }: Options,
): Promise<PublishedImage> {
  const end = new AbortController();
  const o = { signal: AbortSignal.any([signal, end.signal]) };
  const { manifests, blobs, platforms } = await readImage(source, o);
  const allBytes = blobs.reduce((sum, { size }) => sum + size, 0);
  const sent = new Map<Digest, number>();
  let done = 0;
  const tell = (): void => {
    const bytes = [...sent.values()].reduce((sum, each) => sum + each, 0);
    onProgress?.({ blobs: done, allBlobs: blobs.length, bytes, allBytes });
  };
  const bring = async (blob: Descriptor): Promise<Outcome> => {
    const { digest, size } = blob;
    if (await registry.hasBlob(repository, digest, o)) return "present";
    for (const from of mountFrom)
      if (await registry.mountBlob(repository, { digest, from }, o)) return "mounted";
    const content = await source.content(digest, o);
    if (content === undefined)
      throw new PublisherError(
        "publisher/content-missing",
        `the image lacks its content ${digest}`,
      );
    if (content.bytes !== size)
      throw new PublisherError("publisher/content-differs", `${digest} has another size`);
    const progress = (bytes: number): void => {
      sent.set(digest, bytes);
      tell();
    };
    await registry.pushBlob(repository, { digest, ...checked(content, digest), progress }, o);
    return "pushed";
  };
  tell();
  let sentBytes = 0;
  const outcomes = await mapBounded(concurrency, blobs, async (blob) => {
    try {
      const outcome = await bring(blob);
      if (outcome === "pushed") sentBytes += blob.size;
      sent.set(blob.digest, blob.size);
      done += 1;
      tell();
      return outcome;
    } catch (error) {
      end.abort(error); // what else is under way ends with the same words
      throw error;
    }
  });
  for (const { mediaType, bytes } of manifests.slice(0, -1))
    await registry.pushManifest(repository, { mediaType, bytes }, o);
  const root = manifests.at(-1);
  if (root === undefined)
    throw new PublisherError("publisher/content-missing", "the image has no manifest");
  const { mediaType, bytes, digest } = root;
  await registry.pushManifest(repository, { tag, mediaType, bytes }, o);
  const count = (outcome: Outcome): number => outcomes.filter((one) => one === outcome).length;
  return {
    ...{ digest, mediaType, platforms, sentBytes },
    length: bytes.length,
    blobs: { pushed: count("pushed"), mounted: count("mounted"), present: count("present") },
  };
}
