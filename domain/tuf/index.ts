/** Notary v1 metadata: parsing, canonical JSON, keys, signatures, roles, thresholds, expiry. Pure. */
export { canonicalBytes, canonicalJson } from "./canonical-json.ts";
export {
  composeFile,
  rootPayload,
  snapshotPayload,
  targetsPayload,
  timestampPayload,
  type Signer,
} from "./compose.ts";
export { delegationTo, isWithin, reachOf, type Reach } from "./delegation.ts";
export { isExpired, requireFresh, type Envelope, type Trusted } from "./envelope.ts";
export { TufError, type TufErrorCode } from "./errors.ts";
export { describeFile, requireContent, type FileMeta } from "./file-meta.ts";
export {
  keyJson,
  parsePublicKey,
  publicKeyFromPem,
  type KeyMaterial,
  type PublicKey,
} from "./public-key.ts";
export { findTarget, listTargets, reachIn, type FoundTarget } from "./lookup.ts";
export { isNearExpiry, lifetimes, nextVersion } from "./next.ts";
export type {
  RoleState,
  TargetFile,
  TrustReading,
  VerifiedRepository,
  VerifiedRole,
} from "./reading.ts";
export {
  faultOf,
  openSnapshot,
  openTimestamp,
  verifyRepository,
  versionReading,
  type OpenRepository,
  type RepositoryFiles,
  type Verification,
} from "./repository.ts";
export type { RoleKeys } from "./role-keys.ts";
export {
  byDepth,
  isTargetsRole,
  parentOf,
  parseRoleName,
  rootRole,
  snapshotRole,
  targetsRole,
  timestampRole,
  tryRoleName,
  type RoleName,
} from "./role-name.ts";
export { requireRootOf, verifyRoot, verifySuccessor } from "./root-chain.ts";
export { decodeRoot, type Root } from "./root.ts";
export type { SeenFile, SeenFiles } from "./seen.ts";
export {
  decodeSnapshot,
  decodeTimestamp,
  type MetadataMeta,
  type Snapshot,
  type Timestamp,
} from "./snapshot.ts";
export { decodeTargets, type Delegation, type Target, type Targets } from "./targets.ts";
export { meetsThreshold, signersOf, verifyThreshold } from "./threshold.ts";
export { formatTime, tryTime } from "./time.ts";
