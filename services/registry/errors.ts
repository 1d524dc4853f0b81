import { CodedError } from "#domain/kernel";
import type { Digest } from "#domain/oci";

export type RegistryErrorCode =
  | "registry/repository-unknown"
  | "registry/blob-unknown"
  | "registry/blob-in-use"
  | "registry/blob-too-large"
  | "registry/upload-gone"
  | "registry/upload-busy"
  | "registry/upload-offset"
  | "registry/length-differs"
  | "registry/digest-differs"
  | "registry/manifest-unknown"
  | "registry/manifest-in-use"
  | "registry/reference-absent"
  | "registry/storage-full";

/** What the registry refuses or cannot find. */
export class RegistryError extends CodedError<RegistryErrorCode> {}

/** A part of an upload that does not begin where the last one ended. */
export class UploadOffsetError extends RegistryError {
  /** Where the next part must begin. */
  readonly receivedBytes: number;

  constructor(receivedBytes: number) {
    super("registry/upload-offset", `the next part begins at byte ${receivedBytes}`);
    this.receivedBytes = receivedBytes;
  }
}

/** A manifest that requires what its repository does not have, or not in that size. */
export class ReferenceAbsentError extends RegistryError {
  readonly digest: Digest;

  constructor(digest: Digest) {
    super("registry/reference-absent", `${digest} is not in the repository in that size`);
    this.digest = digest;
  }
}
