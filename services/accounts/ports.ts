import type { KeyObject } from "node:crypto";
import type {
  AccountKey,
  AccountName,
  KeyFingerprint,
  Organization,
  RepositoryRight,
  Team,
  TeamName,
  User,
} from "#domain/identity";
import type { Instant, Options } from "#domain/kernel";
import type { RepositoryName } from "#domain/oci";

export type StoredUser = User & { readonly passwordHash: string };
export type UserChange = Partial<Omit<StoredUser, "name" | "createdAt">>;
/** A team, and what its members may do with the repositories of its organization. */
export type StoredTeam = Team & { readonly right: RepositoryRight };
export type StoredKey = AccountKey & {
  /** PEM `PUBLIC KEY`. */
  readonly publicKey: string;
};
export type StoredSession = {
  /** Hex SHA-256 of the token: who reads the store cannot sign in with what it holds. */
  readonly tokenHash: string;
  readonly account: AccountName;
  readonly createdAt: Instant;
  readonly lastUsedAt: Instant;
};
/** Attempts to sign in to one account since the last good one. */
export type Attempts = {
  readonly count: number;
  readonly lastAt: Instant;
  readonly lockedUntil: Instant;
};

/** Everybody and everything that decides who may do what, all read at one moment. */
export type People = {
  /** Grows with every change of users, organizations, teams, members and keys. */
  readonly version: number;
  readonly users: readonly User[];
  readonly organizations: readonly Organization[];
  readonly teams: readonly StoredTeam[];
  readonly keys: readonly AccountKey[];
};

/** Where accounts are kept. What returned is on disk; what needs several steps happens as one, or not at all. */
export interface AccountStore {
  /** A number that is another one once another process has changed anything. Asked at every request: cheap. */
  stamp(): number;
  version(o: Options): Promise<number>;
  people(o: Options): Promise<People>;

  /** Throws `accounts/name-taken`: users and organizations share one list of names. */
  createUser(user: StoredUser, o: Options): Promise<void>;
  /** Creates `user` only where there is no user at all, and says whether it did. */
  createFirstUser(user: StoredUser, o: Options): Promise<boolean>;
  user(name: AccountName, o: Options): Promise<StoredUser | undefined>;
  /**
   * Changes a user. A new password, or the end of being active, ends the account's sessions and its lock
   * with it. Throws `accounts/user-unknown`, or `accounts/last-admin` where no active admin would be left.
   */
  updateUser(name: AccountName, change: UserChange, o: Options): Promise<void>;

  /** Throws `accounts/name-taken`. */
  createOrganization(organization: Organization, o: Options): Promise<void>;
  /** Throws `accounts/organization-unknown` or `accounts/team-taken`. */
  createTeam(team: Omit<StoredTeam, "members">, o: Options): Promise<void>;
  /** Throws `accounts/team-unknown`. */
  deleteTeam(name: TeamName, o: Options): Promise<void>;
  /** Adding twice is adding once. Throws `accounts/team-unknown` or `accounts/user-unknown`. */
  addMember(team: TeamName, user: AccountName, o: Options): Promise<void>;
  /** Removing who is not in it changes nothing. Throws `accounts/team-unknown`. */
  removeMember(team: TeamName, user: AccountName, o: Options): Promise<void>;

  /**
   * Adds a key. One that was revoked may come back to the account that owned it, and to another one only
   * with `mayMove`. Throws `accounts/user-unknown` or `accounts/key-taken`.
   */
  addKey(key: StoredKey, o: Options & { readonly mayMove: boolean }): Promise<void>;
  /** Everything about an account's keys, newest first. */
  keysOf(account: AccountName, o: Options): Promise<readonly StoredKey[]>;
  /** Revoking twice keeps the first time. Throws `accounts/key-unknown`. */
  revokeKey(
    account: AccountName,
    fingerprint: KeyFingerprint,
    at: Instant,
    o: Options,
  ): Promise<void>;

  /** Stores what `change` makes of the attempts at `name` so far, unless it returns them as they are. Throws `accounts/user-unknown`. */
  changeAttempts(
    name: AccountName,
    change: (attempts: Attempts) => Attempts,
    o: Options,
  ): Promise<Attempts>;

  /** Stores a session if the account is active and its password is still the one that was checked; says whether. */
  addSession(session: StoredSession, passwordHash: string, o: Options): Promise<boolean>;
  session(tokenHash: string, o: Options): Promise<StoredSession | undefined>;
  touchSession(tokenHash: string, at: Instant, o: Options): Promise<void>;
  endSession(tokenHash: string, o: Options): Promise<void>;
  /** Forgets sessions that were begun, or last used, before the times given. */
  endOldSessions(
    before: { readonly created: Instant; readonly used: Instant },
    o: Options,
  ): Promise<void>;
}

/** Turns passwords into what may be stored. */
export interface PasswordHasher {
  /** Throws `accounts/busy` when too many are waiting. */
  hash(password: string, o: Options): Promise<string>;
  /** Takes the same time whether right or wrong. Throws `accounts/busy`. */
  matches(password: string, hash: string, o: Options): Promise<boolean>;
}

/** Reads public keys that were made elsewhere. */
export interface KeyReader {
  /**
   * Reads PEM `PUBLIC KEY` or `CERTIFICATE`: EC P-256, P-384, P-521, RSA of 2048 bits or more, Ed25519.
   * Throws `accounts/key-malformed`, or `accounts/key-private` for a private key.
   */
  read(pem: string): ReadKey;
  /**
   * Reads PEM `CERTIFICATE REQUEST` (RFC 2986): a key with a signature of its own under somebody's names.
   * Undefined for anything else. Throws `accounts/key-malformed`, also where that signature does not fit.
   */
  readRequest(pem: string): Promise<ProvenKey | undefined>;
}

export type ReadKey = { readonly fingerprint: KeyFingerprint; readonly publicKey: string };
/** A key, and under which names whoever has it signed. */
export type ProvenKey = ReadKey & {
  readonly commonNames: readonly string[];
  readonly organizations: readonly string[];
};

/** The authority behind client certificates. */
export interface CertificateIssuer {
  /** A PEM certificate for signing in to the gateway, in the account's name. */
  issueClientCertificate(
    request: { readonly account: AccountName; readonly publicKey: KeyObject },
    o: Options,
  ): Promise<string>;
}

/** Which repositories everybody may read. */
export interface RepositoryVisibility {
  isPublic(repository: RepositoryName, o: Options): Promise<boolean>;
}
