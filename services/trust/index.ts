/** The trust server: accepts, checks, signs and serves metadata; server-held keys; the change feed. */
export { InvalidUpdate, TrustError, type InvalidPart, type TrustErrorCode } from "./errors.ts";
export type {
  Change,
  ChangeQuery,
  Expiries,
  KeyVault,
  Leases,
  MetadataStore,
  Publication,
  Resealed,
  SealedKey,
  SealedKeyStore,
  ServerRole,
  SignedDates,
  StoredFile,
} from "./ports.ts";
export { dateJumpMs } from "./ports.ts";
export { observedKeys, observedStore, type FileKind, type TrustObserver } from "./observed.ts";
export { createTrustService, type TrustParts, type TrustService } from "./service.ts";
export { refresh, type RefreshParts } from "./refresh.ts";
export { createTrustUpkeep, type TrustUpkeep, type UpkeepReport } from "./upkeep.ts";
export { explainWarning, type TrustWarning } from "./warnings.ts";
