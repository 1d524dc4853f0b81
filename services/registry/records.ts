import type { AccountName } from "#domain/identity";
import type { Instant } from "#domain/kernel";
import type { Digest, ManifestMediaType, RepositoryName, Tag } from "#domain/oci";
import type { UploadId } from "./upload-id.ts";

/** Who may pull without an account: nobody (`private`) or everybody (`public`). */
export type Visibility = "private" | "public";

export type Repository = {
  readonly name: RepositoryName;
  readonly visibility: Visibility;
  readonly createdAt: Instant;
  readonly createdBy: AccountName | undefined;
};

/** Who did something, and when. */
export type Deed = { readonly at: Instant; readonly by: AccountName | undefined };

export type TagRecord = {
  readonly tag: Tag;
  readonly digest: Digest;
  readonly mediaType: ManifestMediaType;
  /** Bytes of the whole image: its manifests, configs and layers. */
  readonly size: number;
  readonly pushedAt: Instant;
  readonly pushedBy: AccountName | undefined;
};

/** One move of a tag: to a digest, or away (`undefined`). */
export type TagMove = Deed & { readonly digest: Digest | undefined };

/** A manifest as it was pushed, byte for byte. */
export type StoredManifest = {
  readonly digest: Digest;
  readonly mediaType: ManifestMediaType;
  readonly bytes: Uint8Array;
  readonly pushedAt: Instant;
  readonly pushedBy: AccountName | undefined;
};

/** What the store keeps of a manifest beside its bytes, so that it can be found and counted. */
export type NewManifest = {
  readonly repository: RepositoryName;
  readonly digest: Digest;
  readonly mediaType: ManifestMediaType;
  readonly bytes: Uint8Array;
  readonly artifactType: string | undefined;
  readonly subject: Digest | undefined;
  readonly annotations: ReadonlyMap<string, string>;
  /** What must be in the repository already. */
  readonly requires: readonly RequiredContent[];
};

export type RequiredContent = {
  readonly digest: Digest;
  readonly size: number;
  /** Whether a manifest may stand for it; a blob always may. */
  readonly mayBeManifest: boolean;
};

/** A manifest that names another as its subject (OCI distribution-spec, "Listing Referrers"). */
export type Referrer = {
  readonly digest: Digest;
  readonly mediaType: ManifestMediaType;
  readonly size: number;
  readonly artifactType: string | undefined;
  readonly annotations: ReadonlyMap<string, string>;
};

export type Upload = {
  readonly id: UploadId;
  readonly repository: RepositoryName;
  readonly startedAt: Instant;
};

/** A page of a list that is sorted by name: what comes after `after`, at most `limit`. */
export type PageRequest<Key extends string> = {
  readonly after: Key | undefined;
  readonly limit: number;
};
