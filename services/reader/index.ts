/** Brings one repository's trust data to a verified view: pins, root chain, rollback memory, cache. */
export type { MetadataSource, Remembered, TrustMemory } from "./ports.ts";
export { createReader, type Reader, type ReaderParts } from "./reader.ts";
