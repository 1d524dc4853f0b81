import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { parseAccountName, parseKeyFingerprint, type AccountName } from "#domain/identity";
import type { Options } from "#domain/kernel";
import { parseRegistryHost } from "#domain/oci";
import { publicKeyFromPem } from "#domain/tuf";
import { createAccountsService, createScryptHasher, type AccountsService } from "../index.ts";
import type { AccountStore, CertificateIssuer, KeyReader, PasswordHasher } from "../ports.ts";
import { memoryAccountStore } from "./memory-account-store.ts";

export type AccountsWorld = {
  readonly accounts: AccountsService;
  readonly store: AccountStore;
  readonly o: Options;
  readonly tokenKey: KeyObject;
  /** Repositories that everybody may read. */
  readonly publicRepositories: Set<string>;
  readonly now: () => number;
  readonly pass: (ms: number) => void;
  /** A user with the password `<name>-password`. */
  readonly person: (name: string, more?: { readonly isAdmin?: boolean }) => Promise<AccountName>;
};

export type WorldParts = {
  readonly store?: AccountStore;
  readonly hasher?: PasswordHasher;
  readonly keyReader?: KeyReader;
  readonly issuer?: CertificateIssuer;
  readonly caPem?: string;
  readonly gateway?: string;
  readonly registryHost?: string;
  readonly now?: number;
};

export const cheapHasher = createScryptHasher({ cost: { n: 16, r: 1, p: 1 } });

const plainReader: KeyReader = {
  read(pem) {
    const { material } = publicKeyFromPem(pem);
    return { fingerprint: parseKeyFingerprint(material.fingerprint), publicKey: pem };
  },
  readRequest: () => Promise.resolve(undefined),
};

/** The accounts over a store in memory, with a clock that stands still until it is told. */
export function accountsWorld(parts: WorldParts = {}): AccountsWorld {
  const store = parts.store ?? memoryAccountStore();
  const { privateKey: tokenKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const publicRepositories = new Set<string>();
  const o = { signal: new AbortController().signal };
  let now = parts.now ?? Date.UTC(2026, 4, 7);
  const accounts = createAccountsService({
    store,
    hasher: parts.hasher ?? cheapHasher,
    keyReader: parts.keyReader ?? plainReader,
    issuer: parts.issuer ?? {
      issueClientCertificate: ({ account }) => Promise.resolve(`certificate of ${account}\n`),
    },
    visibility: { isPublic: (name) => Promise.resolve(publicRepositories.has(name)) },
    tokenKey,
    registryHost: parseRegistryHost(parts.registryHost ?? "localhost:8443"),
    gateway: parts.gateway ?? "tcp://localhost:2376",
    caPem: parts.caPem ?? "authority\n",
    clock: () => now,
  });
  return {
    accounts,
    store,
    o,
    tokenKey,
    publicRepositories,
    now: () => now,
    pass: (ms) => {
      now += ms;
    },
    async person(text, more = {}) {
      const name = parseAccountName(text);
      const user = { name, fullName: "", password: `${text}-password`, isAdmin: false } as const;
      await accounts.createUser({ ...user, permission: "restricted-control", ...more }, o);
      return name;
    },
  };
}

/** A new public key, as PEM. */
export function publicPem(): string {
  const { publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return publicKey.export({ type: "spki", format: "pem" }).toString();
}
