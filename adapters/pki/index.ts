/** X.509: our authorities, server and client certificates; keys at rest. */
export type { PkiError, PkiErrorCode } from "./errors.ts";
export { pemKeyReader } from "./key-reader.ts";
export { createKeyVault } from "./key-vault.ts";
export { masterKeyOf, type MasterKey } from "./key-vault-seal.ts";
export { openPki, type Pki, type ServerIdentity } from "./pki.ts";
