import type { Instant, Options } from "#domain/kernel";
import type { Gun } from "#domain/oci";
import type { KeyMaterial, OpenRepository, PublicKey, RoleName, TrustReading } from "#domain/tuf";
import type { Change, StagedChange } from "./change.ts";

/** What a private key is for, as its file says; a signature counts by the key itself, never by this. */
export type KeyPurpose = {
  /** `root`, `targets`, `snapshot`, or a delegation's or signer's name. */
  readonly role: string;
  readonly gun?: string;
};

export type HeldKey = KeyPurpose & {
  /** The canonical id: hex, of the bare public key. */
  readonly id: string;
  /** Where it is kept, for people: a folder, a token. */
  readonly location: string;
};

/** A private key that is unlocked. Its bytes stay where they are. */
export type SigningKey = HeldKey & {
  /** The bare public key: `ecdsa`, `rsa` or `ed25519`. */
  readonly publicKey: PublicKey & { readonly material: KeyMaterial };
  /** One signature, in the form that metadata files have it (raw r and s; PSS with a salt of 32). */
  sign(message: Uint8Array): Promise<Uint8Array>;
};

export interface KeyStore {
  /** Root keys first, then by gun, role and id. Asks for no passphrase. */
  list(o: Options): Promise<readonly HeldKey[]>;
  /** Unlocks a key by its canonical id; undefined where it is not held. Throws `signer/passphrase-wrong`. */
  open(id: string, o: Options): Promise<SigningKey | undefined>;
  /** Makes a new P-256 key and keeps it. Durable when it resolves. */
  generate(purpose: KeyPurpose, o: Options): Promise<SigningKey>;
  /** Forgets a key; one that is not held is no error. */
  remove(id: string, o: Options): Promise<void>;
}

/** What is kept of one repository beside its keys: verified files, and changes that are not published yet. */
export interface LocalRepository {
  /** The file of a role: of the last verified state, or of a repository that was initialised and not published. */
  file(role: RoleName, o: Options): Promise<Uint8Array | undefined>;
  writeFiles(files: ReadonlyMap<RoleName, Uint8Array>, o: Options): Promise<void>;
  /** Takes away everything of the repository: files and staged changes. Keys stay. */
  removeAll(o: Options): Promise<void>;
  /** As `removeAll`, but staged changes stay, those too that somebody stages meanwhile. */
  removeFiles(o: Options): Promise<void>;
  /** In the order of staging. Throws `signer/directory-broken` for one that cannot be read. */
  staged(o: Options): Promise<readonly StagedChange[]>;
  stage(changes: readonly Change[], o: Options): Promise<void>;
  unstage(names: readonly string[], o: Options): Promise<void>;
}

/** A Notary v1 server, for what changes it. Throws `TrustServerError`. */
export interface TrustServer {
  /** Offers new files, to be taken as a whole. */
  publish(gun: Gun, files: ReadonlyMap<RoleName, Uint8Array>, o: Options): Promise<void>;
  /** The public half of a key that the server holds for a role; it makes one where it has none. */
  key(gun: Gun, role: RoleName, o: Options): Promise<PublicKey>;
  /** As `key`, but always a new one. */
  rotateKey(gun: Gun, role: RoleName, o: Options): Promise<PublicKey>;
  /** Deletes all trust data of the repository. */
  remove(gun: Gun, o: Options): Promise<void>;
}

/** The verified state of repositories: filled by `services/reader`. */
export interface TrustReader {
  open(
    gun: Gun,
    o: Options,
  ): Promise<{ readonly reading: TrustReading; readonly open?: OpenRepository }>;
}

/** Makes the certificate that names a root key's repository (reference: key types). */
export interface RootCertifier {
  /** PEM; self-signed by `key`, common name `gun`. */
  certify(
    key: SigningKey,
    about: { readonly gun: Gun; readonly from: Instant; readonly to: Instant },
    o: Options,
  ): Promise<string>;
}

/** The key that a passphrase is for, as far as it is known. */
export type KeyInQuestion = KeyPurpose & { readonly id?: string };

/** Asks for passphrases: a terminal, an environment variable, a file. Never asked twice at a time. */
export interface Passphrases {
  /** Of a key that exists. `attempt` counts from 0 and rises with each wrong one; undefined where there is none to give. */
  existing(key: KeyInQuestion, attempt: number, o: Options): Promise<string | undefined>;
  /**
   * For a new key, or a new one for a key. `attempt` counts from 0; undefined for one that was too short or not
   * repeated alike, or where there is nobody to ask. Whoever is asked is told why by who asks.
   */
  fresh(key: KeyInQuestion, attempt: number, o: Options): Promise<string | undefined>;
}

export type KeyImport = {
  /** For a key whose file does not say its role; default `delegation`. */
  readonly role?: string;
  /** For a key of `targets`, `snapshot` or `timestamp` whose file does not say its repository. */
  readonly gun?: string;
  /** Opens encrypted keys too, with their passphrases: those of any form, and those that do not say their id. */
  readonly opens?: boolean;
};

/** Private keys as PEM, in the form that Notary and Docker exchange. */
export interface KeyFiles {
  /**
   * Keeps all keys of a PEM text, or none. A key that is not encrypted gets a new passphrase; one that is stays
   * as it is. Throws `signer/key-unreadable`, `signer/key-unsuitable`, `signer/passphrase-wrong` or -`missing`.
   */
  importPem(text: string, how: KeyImport, o: Options): Promise<readonly HeldKey[]>;
  /** The keys as they are kept, each with its id, role and repository. Throws `signer/key-unknown`. */
  exportPem(ids: readonly string[], o: Options): Promise<string>;
  /** Opens a key with its passphrase and keeps it under a new one. Throws `signer/key-unknown` and as above. */
  changePassphrase(id: string, o: Options): Promise<void>;
  /** A new P-256 key that is not kept: both halves as PEM, the private one under a new passphrase. */
  generatePem(
    purpose: KeyPurpose,
    o: Options,
  ): Promise<{ readonly id: string; readonly publicPem: string; readonly privatePem: string }>;
}
