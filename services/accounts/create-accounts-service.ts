import type { KeyObject } from "node:crypto";
import type { Subject, AccountName } from "#domain/identity";
import type { Clock, Options } from "#domain/kernel";
import type { RegistryHost } from "#domain/oci";
import { createBundles, type Bundles } from "./bundles.ts";
import { createKeys, type Keys } from "./keys.ts";
import { createMembership, type Membership } from "./membership.ts";
import { createPasswordCheck, type PasswordCheck } from "./passwords.ts";
import { createPeopleCache, type Roster } from "./people-view.ts";
import type {
  AccountStore,
  CertificateIssuer,
  KeyReader,
  PasswordHasher,
  RepositoryVisibility,
} from "./ports.ts";
import { createSessions, type Sessions } from "./sessions.ts";
import { createTokens, type Tokens } from "./token-service.ts";

export type AccountsParts = {
  readonly store: AccountStore;
  readonly hasher: PasswordHasher;
  /** Who checks passwords; without it the service does, counting what it sees itself. */
  readonly passwords?: PasswordCheck;
  readonly keyReader: KeyReader;
  readonly issuer: CertificateIssuer;
  readonly visibility: RepositoryVisibility;
  /** A P-256 private key that signs registry tokens. */
  readonly tokenKey: KeyObject;
  /** The host in every image name: `localhost:8443`. */
  readonly registryHost: RegistryHost;
  /** What goes into `DOCKER_HOST`: `tcp://localhost:2376`. */
  readonly gateway: string;
  /** PEM of the authority behind the gateway's and the registry's certificates. */
  readonly caPem: string;
  readonly clock: Clock;
};

export type AccountsService = Membership &
  Sessions &
  Keys &
  Bundles &
  Tokens & {
    /** Who countersigns for what, cheap enough to ask at every verdict. */
    roster(o: Options): Promise<Roster>;
    /** What the rules of rights need to know about an account, or about somebody unknown. */
    subject(account: AccountName | undefined, o: Options): Promise<Subject>;
  };

/** Users, teams, keys, sessions and tokens over one store. */
export function createAccountsService(parts: AccountsParts): AccountsService {
  const people = createPeopleCache(parts.store);
  const passwords = parts.passwords ?? createPasswordCheck(parts);
  const shared = { ...parts, people, passwords, reader: parts.keyReader };
  const sessions = createSessions(shared);
  return {
    ...createMembership(shared),
    ...sessions,
    ...createKeys(shared),
    ...createBundles(shared),
    ...createTokens({ ...shared, sessions }),
    roster: async (o) => (await people.current(o)).roster,
    subject: async (account, o) => (await people.current(o)).subject(account),
  };
}
