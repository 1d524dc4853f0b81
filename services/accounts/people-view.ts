import type {
  AccountKey,
  AccountName,
  KeyFingerprint,
  RepositoryRight,
  Subject,
  TeamName,
  User,
} from "#domain/identity";
import { splitTeamName } from "#domain/identity";
import type { Options } from "#domain/kernel";
import type { AccountStore, People, StoredTeam } from "./ports.ts";

/** What the gatekeeper counts signatures with. `version` is another one whenever anything in it may be. */
export type Roster = {
  readonly version: number;
  readonly users: readonly User[];
  readonly teams: readonly { readonly name: TeamName; readonly members: readonly AccountName[] }[];
  readonly keys: readonly {
    readonly fingerprint: KeyFingerprint;
    readonly account: AccountName;
    readonly revoked: boolean;
  }[];
};

/** All people, read once and kept ready for look-ups. */
export type PeopleView = People & {
  readonly roster: Roster;
  readonly userOf: ReadonlyMap<string, User>;
  readonly teamOf: ReadonlyMap<string, StoredTeam>;
  readonly keyOf: ReadonlyMap<string, AccountKey>;
  /** Active accounts that own a key which is not revoked. */
  readonly signers: ReadonlySet<AccountName>;
  subject(account: AccountName | undefined): Subject;
};

export type PeopleCache = {
  current(o: Options): Promise<PeopleView>;
  /** Runs a change of people; whoever asks after it has returned sees it. */
  changing<Value>(change: () => Promise<Value>): Promise<Value>;
};

/** Keeps the view until something changes, here or in another process: whoever asks after that sees it. */
export function createPeopleCache(store: AccountStore): PeopleCache {
  let generation = 0;
  let kept: { readonly view: PeopleView; stamp: number } | undefined;
  return {
    async current(o) {
      const stamp = store.stamp(); // before anything is read: what is written after it has another one
      const known = kept;
      if (known?.stamp === stamp) return known.view;
      const began = generation;
      if (known !== undefined && (await store.version(o)) === known.view.version) {
        known.stamp = stamp;
        return known.view;
      }
      const view = viewOf(await store.people(o));
      // What was read while something changed is right to answer with, but not to keep.
      if (began === generation) kept = { view, stamp };
      return view;
    },
    async changing(change) {
      try {
        return await change();
      } finally {
        generation += 1;
        kept = undefined;
      }
    },
  };
}

function viewOf(people: People): PeopleView {
  const userOf = new Map<string, User>(people.users.map((user) => [user.name, user]));
  const keys = people.keys.map((key) => ({
    fingerprint: key.fingerprint,
    account: key.account,
    revoked: key.revokedAt !== undefined,
  }));
  const rights = rightsOf(people.teams);
  const isActive = (name: AccountName): boolean => userOf.get(name)?.isActive === true;
  return {
    ...people,
    userOf,
    teamOf: new Map(people.teams.map((team) => [team.name, team])),
    keyOf: new Map(people.keys.map((key) => [key.fingerprint, key])),
    signers: new Set(
      keys.filter((key) => !key.revoked && isActive(key.account)).map((key) => key.account),
    ),
    roster: { version: people.version, users: people.users, teams: people.teams, keys },
    subject(account) {
      const user = account === undefined ? undefined : userOf.get(account);
      if (user?.isActive !== true) return { isAdmin: false, teamRights: new Map() };
      return {
        account: user.name,
        isAdmin: user.isAdmin,
        teamRights: rights.get(user.name) ?? new Map(),
      };
    },
  };
}

function rightsOf(
  teams: readonly StoredTeam[],
): ReadonlyMap<string, ReadonlyMap<string, readonly RepositoryRight[]>> {
  const rights = new Map<string, Map<string, RepositoryRight[]>>();
  for (const team of teams) {
    const { organization } = splitTeamName(team.name);
    for (const member of team.members) {
      const own = rights.get(member) ?? new Map<string, RepositoryRight[]>();
      rights.set(member, own.set(organization, [...(own.get(organization) ?? []), team.right]));
    }
  }
  return rights;
}
