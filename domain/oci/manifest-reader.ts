import { z } from "zod";
import { JsonError, readJson, type JsonValue } from "#domain/json";
import { isDigest, type Digest } from "./digest.ts";
import { OciError } from "./errors.ts";
import type { Descriptor, Manifest } from "./manifest.ts";
import { isIndexMediaType, isManifestMediaType, type ManifestMediaType } from "./media-types.ts";

/** The largest manifest we take (OCI distribution-spec, "Pushing Manifests": at least 4 MiB). */
export const maxManifestBytes = 4 * 1024 * 1024;
const maxReferences = 4_096;

const MediaType = z.string().regex(/^[\w!#$&^.+-]{1,127}\/[\w!#$&^.+-]{1,127}$/);
const DescriptorShape = z.object({
  mediaType: MediaType,
  digest: z.custom<Digest>((value) => typeof value === "string" && isDigest(value)),
  size: z.int().nonnegative(),
  platform: z
    .object({ os: z.string(), architecture: z.string(), variant: z.string().optional() })
    .optional(),
});
const Descriptors = z.array(DescriptorShape).max(maxReferences);
const common = {
  schemaVersion: z.literal(2),
  mediaType: z.string().optional(),
  subject: DescriptorShape.optional(),
  artifactType: MediaType.optional(),
  annotations: z.record(z.string(), z.string()).optional(),
};
// A document that is an image to one reader and an index to another is neither (CVE-2021-41190).
const Image = z.object({
  ...common,
  config: DescriptorShape,
  layers: Descriptors,
  manifests: z.undefined().optional(),
  fsLayers: z.undefined().optional(),
});
const Index = z.object({
  ...common,
  manifests: Descriptors,
  config: z.undefined().optional(),
  layers: z.undefined().optional(),
  fsLayers: z.undefined().optional(),
});

/**
 * Reads a manifest strictly: one JSON text, one kind, every pointer well-formed, and the media type that
 * the document names is the one it was sent as (OCI distribution-spec, "Pushing Manifests"). Members we
 * do not know are left alone. Throws `oci/manifest-invalid`.
 */
export function parseManifest(bytes: Uint8Array, sentAs: string | undefined): Manifest {
  const value = readValue(bytes);
  const mediaType = mediaTypeOf(value, sentAs);
  if (isIndexMediaType(mediaType)) {
    const index = shaped(Index, value);
    return {
      kind: "index",
      ...commonOf(index, mediaType),
      manifests: index.manifests.map(descriptor),
    };
  }
  const image = shaped(Image, value);
  return {
    kind: "image",
    ...commonOf(image, mediaType),
    artifactType: image.artifactType ?? image.config.mediaType,
    config: descriptor(image.config),
    layers: image.layers.map(descriptor),
  };
}

function readValue(bytes: Uint8Array): JsonValue {
  try {
    return readJson(bytes, { maxBytes: maxManifestBytes });
  } catch (cause) {
    if (!(cause instanceof JsonError)) throw cause;
    throw new OciError("oci/manifest-invalid", "the manifest is not JSON we accept", { cause });
  }
}

function mediaTypeOf(value: JsonValue, sentAs: string | undefined): ManifestMediaType {
  const named = z.object({ mediaType: z.string().optional() }).safeParse(value);
  const written = named.success ? named.data.mediaType : undefined;
  const sent = sentAs?.split(";", 1)[0]?.trim().toLowerCase();
  const mediaType = sent ?? written;
  if (mediaType === undefined || !isManifestMediaType(mediaType))
    throw new OciError("oci/manifest-invalid", "not a manifest type that is kept here");
  if (written !== undefined && written !== mediaType)
    throw new OciError(
      "oci/manifest-invalid",
      "the manifest was sent as another type than it says",
    );
  if (written === undefined && mediaType.includes("docker"))
    throw new OciError("oci/manifest-invalid", "a Docker manifest must name its media type");
  return mediaType;
}

function shaped<Shape extends z.ZodType>(shape: Shape, value: JsonValue): z.infer<Shape> {
  const read = shape.safeParse(value);
  if (read.success) return read.data;
  const where = read.error.issues[0]?.path.join(".") ?? "";
  throw new OciError(
    "oci/manifest-invalid",
    `the manifest is not well-formed at "${where.slice(0, 80)}"`,
  );
}

function descriptor(read: z.infer<typeof DescriptorShape>): Descriptor {
  const { mediaType, digest, size, platform } = read;
  if (platform === undefined) return { mediaType, digest, size };
  const { os, architecture, variant } = platform;
  return {
    mediaType,
    digest,
    size,
    platform: { os, architecture, ...(variant === undefined ? {} : { variant }) },
  };
}

function commonOf(
  read: z.infer<typeof Image> | z.infer<typeof Index>,
  mediaType: ManifestMediaType,
): Pick<Manifest, "mediaType" | "subject" | "artifactType" | "annotations"> {
  return {
    mediaType,
    ...(read.subject === undefined ? {} : { subject: descriptor(read.subject) }),
    ...(read.artifactType === undefined ? {} : { artifactType: read.artifactType }),
    annotations: new Map(Object.entries(read.annotations ?? {})),
  };
}
