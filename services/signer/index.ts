/** The client's side of Notary: initialise, delegate, stage, publish, rotate; keys and where they are kept. */
export type { Change, DelegationEdit, StagedChange } from "./change.ts";
export { createSigner } from "./create-signer.ts";
export type { EarlierRoot } from "./earlier-roots.ts";
export {
  SignerError,
  TrustServerError,
  type SignerErrorCode,
  type TrustServerErrorCode,
  type Validation,
} from "./errors.ts";
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
export {
  signImage,
  type ImageToSign,
  type SignedImage,
  type SignImageOptions,
} from "./sign-image.ts";
export type { InitOptions, Published, Rotation, Signer, SignerParts } from "./signer.ts";
