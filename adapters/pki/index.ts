/** X.509: our authorities, server and client certificates; keys at rest. */
export type { PkiError, PkiErrorCode } from "./errors.ts";
export { pemKeyReader } from "./key-reader.ts";
export { createKeyRequest } from "./key-request.ts";
export { createKeyVault } from "./key-vault.ts";
export { masterKeyOf, type FindMasterKey, type MasterKey } from "./key-vault-master.ts";
export { changeMasterKey, requireMasterKeys, type RotationStep } from "./key-vault-rotate.ts";
export { createRootCertifier } from "./root-certifier.ts";
export { sealingUnder } from "./sealing.ts";
export { openPki, type Pki, type ServerIdentity } from "./pki.ts";
