import { isTargetsRole, snapshotRole, targetsRole, timestampRole } from "#domain/tuf";
import type { KeyVault, MetadataStore, Publication, ServerRole, StoredFile } from "./ports.ts";

/** What is told of the trust server's work, without names: for counting. */
export type TrustObserver = {
  /** A server-held key signed something. */
  readonly signed: (role: ServerRole) => void;
  /** Files were published; of a delegation only that it is one. */
  readonly published: (kind: FileKind) => void;
  /** The server signed again what had lost half its life, and nobody had published. */
  readonly renewed: (role: ServerRole) => void;
};

export type FileKind = "root" | "targets" | "delegation" | "snapshot" | "timestamp";

/** A store that tells `observer` what was stored with success. */
export function observedStore(store: MetadataStore, observer: TrustObserver): MetadataStore {
  return {
    ...store,
    async publish(gun, publication, o) {
      await store.publish(gun, publication, o);
      for (const file of publication.files) observer.published(kindOf(file));
      for (const role of renewedBy(publication)) observer.renewed(role);
    },
  };
}

/** A vault that tells `observer` of each signature. */
export function observedKeys(keys: KeyVault, observer: TrustObserver): KeyVault {
  return {
    ...keys,
    async signer(gun, role, keyId, o) {
      const signer = await keys.signer(gun, role, keyId, o);
      if (signer === undefined) return undefined;
      const sign: typeof signer.sign = async (message) => {
        const signature = await signer.sign(message);
        observer.signed(role);
        return signature;
      };
      return { ...signer, sign };
    },
  };
}

/** Who publishes sends files of their own; what holds only the server's files is a renewal. */
function renewedBy({ files }: Publication): readonly ServerRole[] {
  const roles = files.map(({ role }) => role);
  if (!roles.every((role) => role === timestampRole || role === snapshotRole)) return [];
  return roles.map((role) => (role === timestampRole ? "timestamp" : "snapshot"));
}

function kindOf({ role }: StoredFile): FileKind {
  if (role === timestampRole) return "timestamp";
  if (role === snapshotRole) return "snapshot";
  if (role === targetsRole) return "targets";
  return isTargetsRole(role) ? "delegation" : "root";
}
