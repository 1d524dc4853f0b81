/** Names and shapes from the OCI image and distribution specifications. Pure. */
export { digestHex, digestOf, isDigest, parseDigest, type Digest } from "./digest.ts";
export { OciError, type OciErrorCode } from "./errors.ts";
export {
  formatReference,
  gunOf,
  parseReference,
  pinned,
  tryReference,
  type ImageReference,
} from "./image-reference.ts";
export { requiredBy, type Descriptor, type Manifest, type Platform } from "./manifest.ts";
export { maxManifestBytes, parseManifest } from "./manifest-reader.ts";
export { isManifestMediaType, ociIndexMediaType, type ManifestMediaType } from "./media-types.ts";
export {
  formatGun,
  isTag,
  namespaceOf,
  parseCollectionName,
  parseGun,
  parseRegistryHost,
  parseRepositoryName,
  parseTag,
  type Gun,
  type RegistryHost,
  type RepositoryName,
  type Tag,
} from "./names.ts";
export { formatScope, parseScope, type Scope, type ScopeAction } from "./scope.ts";
