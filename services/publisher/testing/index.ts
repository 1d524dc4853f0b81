/** A registry in memory. */
export { memoryRegistry, type MemoryRegistry } from "./memory-registry.ts";
