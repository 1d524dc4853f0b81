import type { Options } from "#domain/kernel";
import {
  digestOf,
  isManifestMediaType,
  maxManifestBytes,
  OciError,
  parseManifest,
  requiredBy,
  type Descriptor,
  type Digest,
  type Manifest,
  type ManifestMediaType,
  type Platform,
} from "#domain/oci";
import { PublisherError } from "./errors.ts";
import type { ImageSource } from "./ports.ts";

export type ReadManifest = {
  readonly digest: Digest;
  readonly mediaType: ManifestMediaType;
  readonly bytes: Uint8Array;
};

/** All that an image is made of. */
export type ReadImage = {
  /** Each before those that name it; the last one is the image itself. */
  readonly manifests: readonly ReadManifest[];
  /** Configs and layers, each once. */
  readonly blobs: readonly Descriptor[];
  readonly platforms: readonly Platform[];
};

const maxManifests = 1_000;
const maxBlobs = 20_000;
const maxDepth = 4;

type Pointer = Pick<Descriptor, "digest" | "size"> & { readonly mediaType: ManifestMediaType };

/**
 * Reads an image with all its platforms. Each manifest is checked against its digest and its size; of blobs,
 * that all who name one say the same of it. Throws a `PublisherError`.
 */
export async function readImage(source: ImageSource, o: Options): Promise<ReadImage> {
  const manifests = new Map<Digest, ReadManifest>();
  const blobs = new Map<Digest, Descriptor>();
  const platforms: Platform[] = [];

  const take = (blob: Descriptor): void => {
    const known = blobs.get(blob.digest);
    if (known !== undefined && known.size !== blob.size)
      throw new PublisherError("publisher/content-differs", `${blob.digest} has two sizes`);
    if (known === undefined) blobs.set(blob.digest, blob);
    if (blobs.size > maxBlobs) throw tooLarge(`more than ${maxBlobs} layers`);
  };
  const visit = async (pointer: Pointer, depth: number): Promise<void> => {
    if (manifests.has(pointer.digest)) return;
    if (depth > maxDepth) throw tooLarge(`indexes more than ${maxDepth} levels deep`);
    const bytes = await manifestBytes(source, pointer, o);
    const manifest = parsed(bytes, pointer.mediaType);
    if (manifest.kind === "image") requiredBy(manifest).forEach(take);
    else
      for (const child of manifest.manifests) {
        if (child.platform !== undefined && child.platform.os !== "unknown")
          platforms.push(child.platform);
        await visit(manifestPointer(child), depth + 1);
      }
    const { digest, mediaType } = pointer;
    manifests.set(digest, { digest, mediaType, bytes });
    if (manifests.size > maxManifests) throw tooLarge(`more than ${maxManifests} manifests`);
  };

  const { digest, mediaType, bytes: size } = source.root;
  await visit({ digest, mediaType, size }, 0);
  return { manifests: [...manifests.values()], blobs: [...blobs.values()], platforms };
}

async function manifestBytes(
  source: ImageSource,
  { digest, size }: Pointer,
  o: Options,
): Promise<Uint8Array> {
  if (size > maxManifestBytes) throw tooLarge(`a manifest of more than ${maxManifestBytes} bytes`);
  const content = await source.content(digest, o);
  if (content === undefined)
    throw new PublisherError("publisher/content-missing", `the image lacks its manifest ${digest}`);
  if (content.bytes !== size) throw differs(digest);
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of content.open()) {
    o.signal.throwIfAborted();
    bytes += (chunk as Buffer).length;
    if (bytes > size) throw differs(digest);
    chunks.push(chunk as Buffer);
  }
  const whole = Buffer.concat(chunks);
  if (whole.length !== size || digestOf(whole) !== digest) throw differs(digest);
  return whole;
}

function parsed(bytes: Uint8Array, mediaType: ManifestMediaType): Manifest {
  try {
    return parseManifest(bytes, mediaType);
  } catch (cause) {
    if (!(cause instanceof OciError)) throw cause;
    const what = "the image has a manifest that is none";
    throw new PublisherError("publisher/manifest-invalid", what, { cause });
  }
}

function manifestPointer({ digest, size, mediaType }: Descriptor): Pointer {
  if (!isManifestMediaType(mediaType))
    throw new PublisherError(
      "publisher/manifest-invalid",
      "an index names something that is no manifest",
    );
  return { digest, size, mediaType };
}

function differs(digest: Digest): PublisherError {
  return new PublisherError("publisher/content-differs", `${digest} is not what it is said to be`);
}

function tooLarge(what: string): PublisherError {
  return new PublisherError("publisher/image-too-large", `the image has ${what}`);
}
