import { z } from "zod";
import type { Options } from "#domain/kernel";
import { digestHex, isDigest, isManifestMediaType, type Digest } from "#domain/oci";
import type { ImageSource } from "#services/publisher";
import { readDocument } from "./document.ts";
import { ImagesError, malformed } from "./errors.ts";
import type { ImageFiles } from "./image-files.ts";
import type { Limits } from "./limits.ts";

const DigestText = z.custom<Digest>((value) => typeof value === "string" && isDigest(value));
const Layout = z.object({ imageLayoutVersion: z.literal("1.0.0") });
const Index = z.object({
  schemaVersion: z.literal(2),
  manifests: z
    .array(
      z.object({
        mediaType: z.string(),
        digest: DigestText,
        size: z.int().nonnegative(),
        annotations: z.record(z.string(), z.string()).optional(),
      }),
    )
    .max(10_000),
});

export type LayoutImage = {
  readonly digest: Digest;
  readonly bytes: number;
  readonly mediaType: string;
  /** What `oci:DIR:NAME` asks for: the annotation `org.opencontainers.image.ref.name`. */
  readonly name: string | undefined;
};

/** The images of an OCI layout (OCI image-spec 1.1, "Image Layout"). Undefined where there is no layout. */
export async function layoutImages(
  files: ImageFiles,
  limits: Limits,
  o: Options,
): Promise<readonly LayoutImage[] | undefined> {
  const layout = await files.find("oci-layout", o);
  const index = await files.find("index.json", o);
  if (layout === undefined || index === undefined) return undefined;
  await readDocument(layout, Layout, { name: "oci-layout", limits });
  const { manifests } = await readDocument(index, Index, { name: "index.json", limits });
  return manifests.map(({ digest, size: bytes, mediaType, annotations }) => ({
    ...{ digest, bytes, mediaType },
    name: new Map(Object.entries(annotations ?? {})).get("org.opencontainers.image.ref.name"),
  }));
}

/** An image of a layout, as it is. Throws `images/not-found`, `images/ambiguous`, `images/malformed`. */
export function layoutSource(
  files: ImageFiles,
  images: readonly LayoutImage[],
  name: string | undefined,
): ImageSource {
  const { digest, bytes, mediaType } = chosen(images, name);
  if (!isManifestMediaType(mediaType)) throw malformed("the layout's index names no image");
  return {
    root: { digest, bytes, mediaType },
    content: (wanted, o) => files.find(blobName(wanted), o),
  };
}

export function blobName(digest: Digest): string {
  return `blobs/sha256/${digestHex(digest)}`;
}

function chosen(images: readonly LayoutImage[], name: string | undefined): LayoutImage {
  const named = images.filter((one) => name === undefined || one.name === name);
  const different = new Map(named.map((one) => [one.digest, one]));
  const [first] = different.values();
  const names = [...new Set(images.flatMap((one) => one.name ?? []))];
  if (first === undefined)
    throw new ImagesError("images/not-found", "the layout has no image of that name", { names });
  if (different.size > 1)
    throw new ImagesError("images/ambiguous", "the layout has several images", { names });
  return first;
}
