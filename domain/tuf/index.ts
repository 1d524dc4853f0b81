/** Notary v1 metadata: parsing, canonical JSON, keys, signatures, roles, thresholds, expiry. Pure. */
export { TufError, type TufErrorCode } from "./errors.ts";
export type {
  RoleState,
  TargetFile,
  TrustReading,
  VerifiedRepository,
  VerifiedRole,
} from "./reading.ts";
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
