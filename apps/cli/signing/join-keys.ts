import type { HeldKey, KeyStore } from "#services/signer";

/** Several places for keys as one. New keys are made in the first; a key that is in two is opened in the first. */
export function joinKeys(first: KeyStore, ...others: readonly KeyStore[]): KeyStore {
  const all = [first, ...others];
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
    generate: (purpose, o) => first.generate(purpose, o),
    async remove(id, o) {
      for (const store of all) await store.remove(id, o);
    },
  };
}
