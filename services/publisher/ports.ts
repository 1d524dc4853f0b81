import type { Readable } from "node:stream";
import type { Options } from "#domain/kernel";
import type { Digest, ManifestMediaType, RepositoryName, Tag } from "#domain/oci";

/** Content that can be read, more than once if need be. */
export type Content = {
  readonly bytes: number;
  /** Each call begins anew. */
  readonly open: () => Readable;
};

/** Where an image is taken from: a folder, an archive, an engine. */
export interface ImageSource {
  /** Its manifest, or the index of all its platforms. */
  readonly root: {
    readonly digest: Digest;
    readonly bytes: number;
    readonly mediaType: ManifestMediaType;
  };
  /** What is there under a digest; nobody has looked yet whether it is that. Undefined where there is nothing. */
  content(digest: Digest, o: Options): Promise<Content | undefined>;
}

/** Where it is pushed to. */
export interface ImageRegistry {
  hasBlob(repository: RepositoryName, digest: Digest, o: Options): Promise<boolean>;
  pushBlob(
    repository: RepositoryName,
    blob: Content & { readonly digest: Digest; readonly progress?: (bytes: number) => void },
    o: Options,
  ): Promise<void>;
  /** False where it has to be pushed. */
  mountBlob(
    repository: RepositoryName,
    blob: { readonly digest: Digest; readonly from: RepositoryName },
    o: Options,
  ): Promise<boolean>;
  pushManifest(
    repository: RepositoryName,
    manifest: {
      readonly tag?: Tag;
      readonly mediaType: ManifestMediaType;
      readonly bytes: Uint8Array;
    },
    o: Options,
  ): Promise<Digest>;
}
