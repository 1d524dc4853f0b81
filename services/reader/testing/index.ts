/** An honest in-memory `TrustMemory`, and the suite that every one must pass. */
export { trustMemorySuite } from "./memory-suite.ts";
export { inMemoryTrustMemory } from "./memory.ts";
