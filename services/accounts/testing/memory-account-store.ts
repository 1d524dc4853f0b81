import { splitTeamName, type AccountKey, type Organization, type User } from "#domain/identity";
import {
  AccountsError,
  type AccountStore,
  type Attempts,
  type StoredKey,
  type StoredSession,
  type StoredTeam,
  type StoredUser,
} from "../index.ts";

const noAttempts: Attempts = { count: 0, lastAt: 0, lockedUntil: 0 };

/** Accounts in memory, for tests. Each method is one step, since nothing in it waits. */
export function memoryAccountStore(): AccountStore {
  const users = new Map<string, StoredUser>();
  const organizations = new Map<string, Organization>();
  const teams = new Map<string, StoredTeam>();
  const keys = new Map<string, StoredKey>();
  const attempts = new Map<string, Attempts>();
  const sessions = new Map<string, StoredSession>();
  let version = 1;

  const user = (name: string): StoredUser => {
    const found = users.get(name);
    if (found === undefined) throw new AccountsError("accounts/user-unknown", name);
    return found;
  };
  const team = (name: string): StoredTeam => {
    const found = teams.get(name);
    if (found === undefined) throw new AccountsError("accounts/team-unknown", name);
    return found;
  };
  const takeName = (name: string): void => {
    if (users.has(name) || organizations.has(name))
      throw new AccountsError("accounts/name-taken", name);
  };
  /** An error in `work` is a rejection, as with a store that really waits. */
  const step = async <Value>(signal: AbortSignal, work: () => Value): Promise<Value> => {
    await Promise.resolve();
    signal.throwIfAborted();
    return work();
  };
  const change = (signal: AbortSignal, work: () => void): Promise<void> =>
    step(signal, () => {
      work();
      version += 1;
    });

  return {
    stamp: () => version,
    version: ({ signal }) => step(signal, () => version),
    people: ({ signal }) =>
      step(signal, () => ({
        version,
        users: sorted([...users.values()], "name").map(withoutSecret),
        organizations: sorted([...organizations.values()], "name"),
        teams: sorted([...teams.values()], "name"),
        keys: sorted([...keys.values()], "fingerprint").map(withoutBytes),
      })),

    createUser: (created, { signal }) =>
      change(signal, () => {
        takeName(created.name);
        users.set(created.name, created);
      }),
    createFirstUser: (created, { signal }) =>
      step(signal, () => {
        if (users.size > 0) return false;
        takeName(created.name);
        users.set(created.name, created);
        version += 1;
        return true;
      }),
    user: (name, { signal }) => step(signal, () => users.get(name)),
    updateUser: (name, changes, { signal }) =>
      change(signal, () => {
        const before = user(name);
        const after = { ...before, ...changes };
        const others = [...users.values()].filter((each) => each.name !== name);
        if (![...others, after].some((each) => each.isAdmin && each.isActive))
          throw new AccountsError("accounts/last-admin", name);
        const isNewSecret = after.passwordHash !== before.passwordHash;
        users.set(name, after);
        if (isNewSecret) attempts.delete(name);
        if (!isNewSecret && after.isActive) return;
        for (const [token, session] of sessions)
          if (session.account === name) sessions.delete(token);
      }),

    createOrganization: (organization, { signal }) =>
      change(signal, () => {
        takeName(organization.name);
        organizations.set(organization.name, organization);
      }),
    createTeam: (created, { signal }) =>
      change(signal, () => {
        const { organization } = splitTeamName(created.name);
        if (!organizations.has(organization))
          throw new AccountsError("accounts/organization-unknown", organization);
        if (teams.has(created.name)) throw new AccountsError("accounts/team-taken", created.name);
        teams.set(created.name, { ...created, members: [] });
      }),
    deleteTeam: (name, { signal }) => change(signal, () => void teams.delete(team(name).name)),
    addMember: (name, member, { signal }) =>
      change(signal, () => {
        const found = team(name);
        const members = new Set([...found.members, user(member).name]);
        teams.set(name, { ...found, members: [...members].toSorted() });
      }),
    removeMember: (name, member, { signal }) =>
      change(signal, () => {
        const found = team(name);
        const members = found.members.filter((each) => each !== member);
        teams.set(name, { ...found, members });
      }),

    addKey: (key, { signal, mayMove }) =>
      change(signal, () => {
        user(key.account);
        const known = keys.get(key.fingerprint);
        const mayTake =
          known === undefined ||
          (known.revokedAt !== undefined && (mayMove || known.account === key.account));
        if (!mayTake) throw new AccountsError("accounts/key-taken", key.fingerprint);
        keys.set(key.fingerprint, key);
      }),
    keysOf: (account, { signal }) =>
      step(signal, () =>
        [...keys.values()]
          .filter((key) => key.account === account)
          .toSorted((one, other) => other.createdAt - one.createdAt),
      ),
    revokeKey: (account, fingerprint, at, { signal }) =>
      change(signal, () => {
        const key = keys.get(fingerprint);
        if (key?.account !== account) throw new AccountsError("accounts/key-unknown", fingerprint);
        keys.set(fingerprint, { ...key, revokedAt: key.revokedAt ?? at });
      }),

    changeAttempts: (name, count, { signal }) =>
      step(signal, () => {
        const changed = count(attempts.get(user(name).name) ?? noAttempts);
        attempts.set(name, changed);
        return changed;
      }),

    addSession: (session, passwordHash, { signal }) =>
      step(signal, () => {
        const owner = users.get(session.account);
        if (owner?.isActive !== true || owner.passwordHash !== passwordHash) return false;
        sessions.set(session.tokenHash, session);
        return true;
      }),
    session: (tokenHash, { signal }) => step(signal, () => sessions.get(tokenHash)),
    touchSession: (tokenHash, at, { signal }) =>
      step(signal, () => {
        const session = sessions.get(tokenHash);
        if (session !== undefined) sessions.set(tokenHash, { ...session, lastUsedAt: at });
      }),
    endSession: (tokenHash, { signal }) => step(signal, () => void sessions.delete(tokenHash)),
    endOldSessions: (before, { signal }) =>
      step(signal, () => {
        for (const [token, session] of sessions)
          if (session.createdAt <= before.created || session.lastUsedAt <= before.used)
            sessions.delete(token);
      }),
  };
}

function withoutSecret(user: StoredUser): User {
  const { passwordHash: _, ...rest } = user;
  return rest;
}

function withoutBytes(key: StoredKey): AccountKey {
  const { publicKey: _, ...rest } = key;
  return rest;
}

function sorted<Name extends string, Item extends Readonly<Record<Name, string>>>(
  items: readonly Item[],
  by: Name,
): readonly Item[] {
  return items.toSorted((one, other) => (one[by] < other[by] ? -1 : 1));
}
