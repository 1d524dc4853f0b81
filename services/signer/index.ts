/** The client's side of Notary: initialise, delegate, stage, publish, rotate; keys and where they are kept. */
export {
  checkBackup,
  collectBackup,
  isSameBackup,
  restoreBackup,
  type BackupOptions,
  type BackupParts,
  type Restored,
  type RestoreOptions,
} from "./backup.ts";
export type { BackupContents, KeyCopy, PinCopy } from "./backup-contents.ts";
export { maxBackupBytes, openBackup, sealBackup } from "./backup-file.ts";
export type { BackupNotes, KeyOpener, Pins } from "./backup-ports.ts";
export type { Change, DelegationEdit, StagedChange } from "./change.ts";
export type { DelegationChange, Differences, TagChange } from "./compare-states.ts";
export { createSigner } from "./create-signer.ts";
export type { ServedFile } from "./left-behind.ts";
export type { EarlierRoot } from "./earlier-roots.ts";
export {
  SignerError,
  TrustServerError,
  type SignerErrorCode,
  type TrustServerErrorCode,
  type Validation,
} from "./errors.ts";
export {
  examineKeys,
  type Diagnosis,
  type DoctorFacts,
  type Expiry,
  type KeyFindings,
  type KeyUse,
  type RepositoryFacts,
} from "./key-doctor.ts";
export type {
  HeldKey,
  KeyFiles,
  KeyImport,
  KeyInQuestion,
  KeyPurpose,
  KeyStore,
  LocalRepository,
  Passphrases,
  RootCertifier,
  SigningKey,
  TrustReader,
  TrustServer,
} from "./ports.ts";
export { revoke, type Revoked } from "./revoke.ts";
export {
  signImage,
  signImages,
  type ImageToSign,
  type SignedImage,
  type SignImageOptions,
} from "./sign-image.ts";
export {
  addSigners,
  removeSigner,
  signerRole,
  type AddedSigners,
  type AddOptions,
  type KeptList,
  type NewSigner,
  type RemovedSigner,
} from "./signers.ts";
export {
  history,
  type ChangeFeed,
  type FeedRecord,
  type HistorySource,
  type LogEntry,
} from "./history.ts";
export type { InitOptions, Published, Rotation, Signer, SignerParts } from "./signer.ts";
