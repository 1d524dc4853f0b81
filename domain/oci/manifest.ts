import type { Digest } from "./digest.ts";
import { isForeignLayer, type ManifestMediaType } from "./media-types.ts";

/** A pointer to content (OCI image-spec, "Content Descriptors"). */
export type Descriptor = {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly size: number;
  readonly platform?: Platform;
};

export type Platform = {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
};

type Common = {
  readonly mediaType: ManifestMediaType;
  /** The manifest that this one is about: a signature's image. It need not be there (yet). */
  readonly subject?: Descriptor;
  /** What kind of artifact it says it is; for an image without one, the media type of its config. */
  readonly artifactType?: string;
  readonly annotations: ReadonlyMap<string, string>;
};

/** A manifest, read. The bytes it was read from stay the truth; nothing here is written out again. */
export type Manifest =
  | (Common & {
      readonly kind: "image";
      readonly config: Descriptor;
      readonly layers: readonly Descriptor[];
    })
  | (Common & { readonly kind: "index"; readonly manifests: readonly Descriptor[] });

/** What must be in the repository before the manifest may be: its children, or its config and layers. */
export function requiredBy(manifest: Manifest): readonly Descriptor[] {
  return manifest.kind === "index"
    ? manifest.manifests
    : [manifest.config, ...manifest.layers.filter((layer) => !isForeignLayer(layer.mediaType))];
}
