/** Blobs, upload sessions, manifests, tags, referrers, garbage collection. */
export type { Garbage } from "./collect-garbage.ts";
export {
  ReferenceAbsentError,
  RegistryError,
  UploadOffsetError,
  type RegistryErrorCode,
} from "./errors.ts";
export type { PutManifest, PutResult } from "./manifests.ts";
export type {
  BlobMount,
  BlobStore,
  ByteRange,
  ReferrerQuery,
  RegistryStore,
  Removal,
  SizedBlob,
  UploadPart,
} from "./ports.ts";
export type {
  Deed,
  NewManifest,
  PageRequest,
  Referrer,
  Repository,
  RequiredContent,
  StoredManifest,
  TagMove,
  TagRecord,
  Upload,
  Visibility,
} from "./records.ts";
export {
  createRegistryService,
  type RegistryParts,
  type RegistryService,
} from "./registry-service.ts";
export type { ReadableAmong } from "./repositories.ts";
export { parseUploadId, type UploadId } from "./upload-id.ts";
export type { Finish, Part } from "./uploads.ts";
