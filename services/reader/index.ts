/** Brings a repository's trust data to a verified view: pins, root chain, rollback memory, cache; ours and other registries'. */
export { ReaderError, type ReaderErrorCode } from "./errors.ts";
export type {
  AcceptFirst,
  FetchOptions,
  FileCache,
  LastGood,
  MetadataSource,
  Remembered,
  TrustMemory,
} from "./ports.ts";
export { createReader, type Opening, type Reader, type ReaderParts } from "./reader.ts";
export {
  createRegistries,
  type NewRegistry,
  type Registries,
  type RegistriesParts,
  type RemoteSettings,
  type RemoteSource,
} from "./registries.ts";
export {
  parsePinnedCa,
  parseTrustServerUrl,
  passwordPlace,
  type PinnedCa,
  type Registry,
  type RegistryStore,
  type Sealing,
  type StoredRegistry,
  type TrustServerUrl,
} from "./registry.ts";
