import { z } from "zod";
import type { Options } from "#domain/kernel";
import { digestOf, formatReference, isDigest, tryReference } from "#domain/oci";
import type { Digest } from "#domain/oci";
import type { Content, ImageSource } from "#services/publisher";
import { Readable } from "node:stream";
import { compressLayer, type CompressedLayer } from "./compress-layer.ts";
import { parseDocument, readDocument } from "./document.ts";
import { entryName } from "./entry-name.ts";
import { ImagesError, malformed, tooLarge } from "./errors.ts";
import { allOf, type ImageFiles } from "./image-files.ts";
import type { Limits } from "./limits.ts";
import type { WorkFolder } from "./work-folder.ts";

const DigestText = z.custom<Digest>((value) => typeof value === "string" && isDigest(value));
const Manifest = z
  .array(
    z.object({
      Config: z.string(),
      RepoTags: z.array(z.string()).nullish(),
      Layers: z.array(z.string()),
    }),
  )
  .min(1)
  .max(1_000);
const Config = z.object({
  rootfs: z.object({ type: z.literal("layers"), diff_ids: z.array(DigestText).nullish() }),
});

export type ArchivedImage = z.infer<typeof Manifest>[number];

const manifestType = "application/vnd.docker.distribution.manifest.v2+json";
const configType = "application/vnd.docker.container.image.v1+json";
const layerType = "application/vnd.docker.image.rootfs.diff.tar.gzip";
/** Each takes a thread of its own. */
const compressions = 2;

/** The images of an archive as `docker save` writes it. Undefined where it is none. */
export async function archivedImages(
  files: ImageFiles,
  limits: Limits,
  o: Options,
): Promise<readonly ArchivedImage[] | undefined> {
  const manifest = await files.find("manifest.json", o);
  if (manifest === undefined) return undefined;
  return await readDocument(manifest, Manifest, { name: "manifest.json", limits });
}

/** The one that is named, else the only one. Throws `images/not-found`, `images/ambiguous`. */
export function chooseArchived(
  images: readonly ArchivedImage[],
  name: string | undefined,
): ArchivedImage {
  const names = images.flatMap(({ RepoTags }) => RepoTags ?? []);
  const full = (text: string): string => {
    const reference = tryReference(text);
    return reference === undefined ? text : formatReference(reference);
  };
  const [first, ...more] =
    name === undefined
      ? images
      : images.filter(({ RepoTags }) => RepoTags?.some((tag) => full(tag) === full(name)));
  if (first === undefined)
    throw new ImagesError("images/not-found", "the archive has no image of that name", { names });
  if (more.length > 0)
    throw new ImagesError("images/ambiguous", "the archive has several images", { names });
  return first;
}

/**
 * An image of such an archive, with its layers as gzip and a manifest (Docker image manifest v2 schema 2) made for it,
 * as `docker push` does. Each layer must be what the config says of it.
 */
export async function archivedSource(
  files: ImageFiles,
  image: ArchivedImage,
  { work, limits }: { readonly work: WorkFolder; readonly limits: Limits },
  o: Options,
): Promise<ImageSource> {
  const found = async (name: string): Promise<Content> => {
    const content = await files.find(entryName(name), o);
    if (content !== undefined) return content;
    throw malformed("the archive lacks a file that its manifest.json names");
  };
  const config = await allOf(await found(image.Config), limits.maxDocumentBytes);
  const { rootfs } = parseDocument(config, Config, { name: "the image's config", limits });
  const diffIds = rootfs.diff_ids ?? [];
  if (diffIds.length > limits.maxLayers) throw tooLarge(`more than ${limits.maxLayers} layers`);
  if (diffIds.length !== image.Layers.length)
    throw malformed("the image's config and manifest.json have different numbers of layers");
  const layers = await compressAll(image.Layers, diffIds, { found, work, limits }, o);

  const contents = new Map<Digest, Content>();
  for (const { digest, content } of layers) contents.set(digest, content);
  const configDigest = digestOf(config);
  contents.set(configDigest, inMemory(config));
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: manifestType,
      config: { mediaType: configType, size: config.length, digest: configDigest },
      layers: layers.map(({ digest, content }) => ({
        mediaType: layerType,
        size: content.bytes,
        digest,
      })),
    }),
  );
  const root = { digest: digestOf(manifest), bytes: manifest.length, mediaType: manifestType };
  contents.set(root.digest, inMemory(manifest));
  return {
    root: { ...root, mediaType: manifestType },
    content: (digest) => Promise.resolve(contents.get(digest)),
  };
}

type Compressing = {
  readonly found: (name: string) => Promise<Content>;
  readonly work: WorkFolder;
  readonly limits: Limits;
};

/** The same layer twice is the same file. */
async function compressAll(
  names: readonly string[],
  diffIds: readonly Digest[],
  { found, ...place }: Compressing,
  o: Options,
): Promise<readonly CompressedLayer[]> {
  const end = new AbortController();
  const both = { signal: AbortSignal.any([o.signal, end.signal]) };
  const wanted = new Map(diffIds.map((diffId, at) => [diffId, names[at] ?? ""]));
  const ready = new Map<Digest, CompressedLayer>();
  const queue = wanted.entries();
  const worker = async (): Promise<void> => {
    for (const [diffId, name] of queue)
      try {
        ready.set(diffId, await compressLayer(await found(name), diffId, place, both));
      } catch (error) {
        end.abort(error);
        throw error;
      }
  };
  await Promise.allSettled(Array.from({ length: compressions }, worker));
  both.signal.throwIfAborted();
  return diffIds.flatMap((diffId) => ready.get(diffId) ?? []);
}

function inMemory(bytes: Buffer): Content {
  return { bytes: bytes.length, open: () => Readable.from([bytes]) };
}
