import type { Readable } from "node:stream";
import type { Instant, Options } from "#domain/kernel";
import type { Digest, RepositoryName, Tag } from "#domain/oci";
import type {
  Deed,
  NewManifest,
  PageRequest,
  Referrer,
  Repository,
  StoredManifest,
  TagMove,
  TagRecord,
  Upload,
  Visibility,
} from "./records.ts";
import type { UploadId } from "./upload-id.ts";

/** The bytes of a blob that are asked for: from `start` to `end`, both included. */
export type ByteRange = { readonly start: number; readonly end: number };

/** Part of an upload on its way in. */
export type UploadPart = {
  readonly body: Readable;
  /** Where the part says it begins; the store refuses another place. Undefined: wherever we are. */
  readonly start?: number;
  /** More than this and the part is undone. */
  readonly maxBytes: number;
};

/** Content by digest, and uploads on their way to become content. Knows nothing of repositories. */
export interface BlobStore {
  /** Opens an empty upload. */
  begin(upload: UploadId, o: Options): Promise<void>;
  /** How many bytes of the upload are kept; undefined when there is no such upload. */
  received(upload: UploadId, o: Options): Promise<number | undefined>;
  /**
   * Adds a part and returns how many bytes are kept now. When the stream breaks off, what came in order
   * is kept and can be gone on from. Throws `registry/upload-gone`, `registry/upload-busy` while another
   * part is written, `registry/upload-offset`, `registry/blob-too-large`, `registry/storage-full`.
   */
  append(upload: UploadId, part: UploadPart, o: Options): Promise<number>;
  /**
   * Makes the upload the blob `digest`, visible at once or not at all, and returns its size. Content that
   * differs is thrown away: `registry/digest-differs`. Throws `registry/upload-gone`, `registry/upload-busy`.
   */
  finish(upload: UploadId, digest: Digest, o: Options): Promise<number>;
  /** Forgets an upload, if there is one. Throws `registry/upload-busy`. */
  discard(upload: UploadId, o: Options): Promise<void>;
  /** The size of a blob; undefined when it is not here. */
  size(digest: Digest, o: Options): Promise<number | undefined>;
  /** Opens a blob for reading. Throws `registry/blob-unknown`. */
  read(digest: Digest, range: ByteRange | undefined, o: Options): Promise<Readable>;
  /**
   * Takes a blob away, unless it was stored at `storedBefore` or after it, or `isNeeded` says yes when it is
   * asked with the blob out of every writer's way. Says whether. An upload that finishes meanwhile keeps its blob.
   */
  remove(
    digest: Digest,
    unless: { readonly storedBefore: Instant; readonly isNeeded: () => Promise<boolean> },
    o: Options,
  ): Promise<boolean>;
  /** Puts right what a process left half done that ended in `remove`. Safe at any time. */
  recover(o: Options): Promise<void>;
  /** Every blob, with the time it was stored last: when its upload was finished. */
  list(o: Options): AsyncIterable<{ readonly digest: Digest; readonly storedAt: Instant }>;
}

/** Which repository has which content under which name. */
export interface RegistryStore {
  /** Returns false when there is one of that name already. */
  createRepository(repository: Repository, o: Options): Promise<boolean>;
  repository(name: RepositoryName, o: Options): Promise<Repository | undefined>;
  /** Sorted by name. */
  repositories(page: PageRequest<RepositoryName>, o: Options): Promise<readonly Repository[]>;
  /** Returns false when there is no such repository. */
  setVisibility(name: RepositoryName, visibility: Visibility, o: Options): Promise<boolean>;
  /** Forgets a repository with all that is in it. Returns false when there is none. */
  deleteRepository(name: RepositoryName, o: Options): Promise<boolean>;

  openUpload(upload: Upload, o: Options): Promise<void>;
  upload(id: UploadId, o: Options): Promise<Upload | undefined>;
  closeUpload(id: UploadId, o: Options): Promise<void>;
  uploadsStartedBefore(before: Instant, limit: number, o: Options): Promise<readonly Upload[]>;

  /** Puts a stored blob into a repository, which comes to be with it (private). */
  linkBlob(repository: RepositoryName, blob: SizedBlob, deed: Deed, o: Options): Promise<void>;
  /** The same for a blob that another repository has; returns false when that one has it not. */
  mountBlob(mount: BlobMount, deed: Deed, o: Options): Promise<boolean>;
  /** The size of a blob in this repository. */
  blobSize(repository: RepositoryName, digest: Digest, o: Options): Promise<number | undefined>;
  /** The same, and from `at` on counts as linked anew: somebody is about to need it. */
  touchBlob(
    repository: RepositoryName,
    digest: Digest,
    at: Instant,
    o: Options,
  ): Promise<number | undefined>;
  unlinkBlob(repository: RepositoryName, digest: Digest, o: Options): Promise<Removal>;
  /** Unlinks blobs that no manifest of their repository needs and that were linked before `before`. */
  unlinkUnneeded(before: Instant, o: Options): Promise<number>;
  /** Whether any repository has this blob. */
  isLinked(digest: Digest, o: Options): Promise<boolean>;

  /**
   * Stores a manifest and, when given, moves the tag to it; the repository comes to be with it (private).
   * Throws `registry/reference-absent` when something it requires is not in the repository, or not in
   * that size.
   */
  putManifest(manifest: NewManifest, tag: Tag | undefined, deed: Deed, o: Options): Promise<void>;
  manifest(
    repository: RepositoryName,
    digest: Digest,
    o: Options,
  ): Promise<StoredManifest | undefined>;
  /** Takes a manifest away, and the tags that point to it. One that an index lists is `in-use`. */
  deleteManifest(
    repository: RepositoryName,
    digest: Digest,
    deed: Deed,
    o: Options,
  ): Promise<Removal>;
  /** Manifests about `subject`, sorted by digest. */
  referrers(query: ReferrerQuery, o: Options): Promise<readonly Referrer[]>;

  resolveTag(repository: RepositoryName, tag: Tag, o: Options): Promise<Digest | undefined>;
  /** Sorted by name, byte for byte. */
  tags(
    repository: RepositoryName,
    page: PageRequest<Tag>,
    o: Options,
  ): Promise<readonly TagRecord[]>;
  /** Returns false when there is no such tag. */
  deleteTag(repository: RepositoryName, tag: Tag, deed: Deed, o: Options): Promise<boolean>;
  /** Where a tag has pointed, newest first. */
  tagMoves(
    repository: RepositoryName,
    tag: Tag,
    limit: number,
    o: Options,
  ): Promise<readonly TagMove[]>;
}

export type SizedBlob = { readonly digest: Digest; readonly size: number };
export type BlobMount = {
  readonly from: RepositoryName;
  readonly to: RepositoryName;
  readonly digest: Digest;
};
export type Removal = "removed" | "in-use" | "unknown";
export type ReferrerQuery = PageRequest<Digest> & {
  readonly repository: RepositoryName;
  readonly subject: Digest;
  readonly artifactType: string | undefined;
};
