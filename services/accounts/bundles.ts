import { generateKeyPair, type KeyObject } from "node:crypto";
import { promisify } from "node:util";
import type { AccountName } from "#domain/identity";
import type { Clock, Options } from "#domain/kernel";
import { bundleZip, contextZip } from "./bundle-files.ts";
import { AccountsError } from "./errors.ts";
import type { PeopleCache } from "./people-view.ts";
import type { StoredKey, AccountStore, CertificateIssuer, KeyReader } from "./ports.ts";

export type ArchiveFile = { readonly fileName: string; readonly bytes: Uint8Array };
export type ClientBundle = {
  readonly key: StoredKey;
  readonly bundle: ArchiveFile;
  readonly context: ArchiveFile;
};

export type Bundles = {
  /**
   * A new key for `account` and the archives it travels in. The private half is in them and nowhere else.
   * An empty label becomes `Bundle of <date>`. Throws `accounts/user-unknown`.
   */
  createBundle(account: AccountName, label: string, o: Options): Promise<ClientBundle>;
};

const makeKeyPair = promisify(generateKeyPair);

export function createBundles(parts: {
  readonly store: AccountStore;
  readonly people: PeopleCache;
  readonly reader: KeyReader;
  readonly issuer: CertificateIssuer;
  readonly clock: Clock;
  /** What goes into `DOCKER_HOST`. */
  readonly gateway: string;
  readonly caPem: string;
}): Bundles {
  const { store, people, reader, issuer, clock } = parts;
  return {
    async createBundle(account, label, o) {
      if (!(await people.current(o)).userOf.has(account))
        throw new AccountsError("accounts/user-unknown", account);
      const madeAt = clock();
      const { publicKey, privateKey } = await makeKeyPair("ec", { namedCurve: "P-256" });
      const certificatePem = await issuer.issueClientCertificate({ account, publicKey }, o);
      const publicKeyPem = pemOf(publicKey, "spki");
      const contents = {
        account,
        gateway: parts.gateway,
        caPem: parts.caPem,
        certificatePem,
        privateKeyPem: pemOf(privateKey, "pkcs8"),
        publicKeyPem,
        madeAt,
      };
      const date = new Date(madeAt).toISOString().slice(0, 10);
      const key = {
        fingerprint: reader.read(publicKeyPem).fingerprint,
        account,
        label: label.trim() === "" ? `Bundle of ${date}` : label,
        createdAt: madeAt,
        publicKey: publicKeyPem,
      };
      const made = {
        key,
        bundle: { fileName: `countersign-bundle-${account}.zip`, bytes: bundleZip(contents) },
        context: { fileName: `countersign-context-${account}.zip`, bytes: contextZip(contents) },
      };
      await people.changing(() => store.addKey(key, { signal: o.signal, mayMove: false }));
      return made;
    },
  };
}

function pemOf(key: KeyObject, type: "spki" | "pkcs8"): string {
  return key.export({ type, format: "pem" }).toString();
}
