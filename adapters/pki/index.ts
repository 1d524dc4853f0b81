/** X.509 and keys at rest. */
export { createKeyVault } from "./key-vault.ts";
export { masterKeyOf, type MasterKey } from "./key-vault-seal.ts";
