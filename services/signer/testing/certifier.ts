import { certifiedKey } from "#domain/tuf/testing";
import type { RootCertifier } from "#services/signer";
import type { MemoryKeyStore } from "./key-store.ts";

/** Certifies P-256 keys of a store in memory; it takes the private key from there. */
export function testCertifier(keys: MemoryKeyStore): RootCertifier {
  return {
    async certify(key, { gun, from, to }) {
      const again = keys.kept(key.id);
      const { pem } = await certifiedKey({ name: gun, notBefore: from, notAfter: to, again });
      return pem;
    },
  };
}
