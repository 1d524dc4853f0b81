import type { HeldKey, KeyStore } from "#services/signer";

/** Several places for keys as one: `before` are looked into first. New keys are made in `kept`. */
export function joinKeys(kept: KeyStore, before: readonly KeyStore[]): KeyStore {
  const all = [...before, kept];
  return {
    async list(o) {
      const found = new Map<string, HeldKey>();
      for (const store of all)
        for (const key of await store.list(o)) if (!found.has(key.id)) found.set(key.id, key);
      const keys = [...found.values()];
      return [
        ...keys.filter(({ role }) => role === "root"),
        ...keys.filter(({ role }) => role !== "root"),
      ];
    },
    async open(id, o) {
      for (const store of all) {
        const key = await store.open(id, o);
        if (key !== undefined) return key;
      }
      return undefined;
    },
    generate: (purpose, o) => kept.generate(purpose, o),
    async remove(id, o) {
      for (const store of all) await store.remove(id, o);
    },
  };
}
