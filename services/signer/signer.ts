import type { Clock, Options } from "#domain/kernel";
import type { Gun } from "#domain/oci";
import type { RoleName } from "#domain/tuf";
import type { EarlierRoot } from "./earlier-roots.ts";
import type { ServedFile } from "./left-behind.ts";
import type {
  HeldKey,
  KeyStore,
  LocalRepository,
  RootCertifier,
  TrustReader,
  TrustServer,
} from "./ports.ts";

export type SignerParts = {
  readonly keys: KeyStore;
  readonly local: (gun: Gun) => LocalRepository;
  readonly reader: TrustReader;
  readonly server: TrustServer;
  readonly certifier: RootCertifier;
  readonly clock: Clock;
  /** Where earlier roots come from; only a rotation that asks for `earlierRoots` needs it. */
  readonly earlierRoot?: EarlierRoot;
  /** What the server has of roles that were taken away; without it, what is known here has to do. */
  readonly servedFile?: ServedFile;
};

export type InitOptions = {
  /** Canonical id of the root key; default the first one held, else a new one. */
  readonly rootKey?: string;
  /** PEM of a certificate of that key to use in place of a new one. */
  readonly rootCertificate?: string;
  /** Beside the timestamp, which the server always keeps: whether it keeps the snapshot key too. */
  readonly serverKeepsSnapshot: boolean;
};

export type Rotation = {
  /** `root`, `targets`, `snapshot` or `timestamp`. */
  readonly role: RoleName;
  readonly by: "server" | "client";
  /** Canonical ids of held keys to take; default a new one. */
  readonly keys?: readonly string[];
  /** For a root: how many earlier root keys sign too, for clients that were away for long; -1 is all. */
  readonly earlierRoots?: number;
};

export type Published = {
  /** The roles whose files were sent. */
  readonly roles: readonly RoleName[];
  /** Whether the repository was not there before. */
  readonly isNew: boolean;
};

/** The client's side of Notary: what the owner and the signers of a repository do. Throws `SignerError` or `TrustServerError`. */
export interface Signer {
  /** Makes root and targets of a new repository, here only: the first `publish` brings them to the server. */
  init(
    gun: Gun,
    how: InitOptions,
    o: Options,
  ): Promise<{ readonly rootKey: HeldKey; readonly isNewKey: boolean }>;
  /**
   * Applies the staged changes to the server's present state, signs, and offers the result as a whole. What was
   * staged stays staged unless the server took it. A repository that is nowhere is initialised on the way.
   */
  publish(gun: Gun, o: Options): Promise<Published>;
  /** Gives a role another key, and publishes that at once. The keys it replaces are removed only after the server took it. */
  rotate(gun: Gun, how: Rotation, o: Options): Promise<void>;
  /** Takes away what is kept here of a repository, and what the server has if `remote`. Keys stay. */
  remove(gun: Gun, how: { readonly remote: boolean }, o: Options): Promise<void>;
}
