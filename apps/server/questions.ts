import type { Family } from "#faces/http";
import type { Credentials, StoredUser } from "#services/accounts";
import type { TrustWarning } from "#services/trust";
import type { Config } from "./config.ts";
import { Secret } from "./secret.ts";

/** The configuration as it goes through a pipe: the master key in the clear, since nobody else reads there. */
export type SentConfig = Omit<Config, "masterKey"> & {
  readonly masterKey: Uint8Array | undefined;
};

export type Addresses = {
  readonly ui: string;
  readonly gateway: string;
};

/** What the first process asks a worker. */
export type ToWorker = {
  /** Answered when it listens. */
  readonly begin: readonly [
    { readonly config: SentConfig; readonly found: readonly TrustWarning[] },
    Addresses,
  ];
  /** Not answered: it finishes what runs, and ends. */
  readonly stop: readonly [undefined, never];
  readonly metrics: readonly [undefined, readonly Family[]];
  readonly learn: readonly [readonly TrustWarning[], undefined];
};

/** What a worker asks the first process. */
export type ToFirst = {
  /** In one place, so that all attempts at an account are counted together, also those that run at once. */
  readonly checkPassword: readonly [Credentials, StoredUser];
  readonly metricsText: readonly [undefined, string];
};

export function sentConfig(config: Config): SentConfig {
  return { ...config, masterKey: config.masterKey?.reveal() };
}

export function receivedConfig(sent: SentConfig): Config {
  const masterKey = sent.masterKey === undefined ? undefined : new Secret(sent.masterKey);
  return Object.freeze({ ...sent, masterKey });
}
