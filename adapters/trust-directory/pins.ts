import { OciError, parseCollectionName, type Gun } from "#domain/oci";
import type { TrustMemory } from "#services/reader";
import type { Pins } from "#services/signer";
import type { Shelf } from "./shelf.ts";

const ROOT = /^(.+)\/metadata\/root\.json$/;

/** The roots that are pinned in a trust directory. */
export function directoryPins(shelf: Shelf, memory: TrustMemory): Pins {
  return {
    async repositories(o) {
      const files = await shelf.list("tuf", { deep: true }, o);
      return files
        .map(({ path }) => ROOT.exec(path)?.[1])
        .map((name) => (name === undefined ? undefined : gunOf(name)))
        .filter((gun) => gun !== undefined)
        .sort();
    },
    root: async (gun, o) => (await memory.recall(gun, o)).root,
    pin: (gun, root, o) => memory.pin(gun, root, o),
  };
}

/** Undefined for a folder that no repository of ours can be. */
function gunOf(name: string): Gun | undefined {
  try {
    return parseCollectionName(name);
  } catch (error) {
    if (error instanceof OciError) return undefined;
    throw error;
  }
}
