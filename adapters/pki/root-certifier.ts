import type { RootCertifier } from "#services/signer";

/** Certifies root keys. X.509 takes long to load, and few commands need it: it is loaded with the first certificate. */
export function createRootCertifier(): RootCertifier {
  return {
    async certify(...asked) {
      const { certifyRoot } = await import("./root-certificate.ts");
      return await certifyRoot(...asked);
    },
  };
}
