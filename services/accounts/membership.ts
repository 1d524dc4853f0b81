import { randomBytes } from "node:crypto";
import {
  parseAccountName,
  type AccountName,
  type GatewayPermission,
  type Organization,
  type RepositoryRight,
  type TeamName,
  type User,
} from "#domain/identity";
import type { Clock, Options } from "#domain/kernel";
import type { RegistryHost } from "#domain/oci";
import { AccountsError } from "./errors.ts";
import type { PeopleCache, PeopleView } from "./people-view.ts";
import type { AccountStore, PasswordHasher, StoredTeam } from "./ports.ts";

export type UserView = User & { readonly teams: readonly TeamName[] };
export type TeamView = StoredTeam & {
  /** Active members who own a key that has not been revoked. */
  readonly canSign: readonly AccountName[];
};
export type NewUser = {
  readonly name: AccountName;
  readonly fullName: string;
  readonly password: string;
  readonly isAdmin: boolean;
  readonly permission: GatewayPermission;
};
export type UserUpdate = {
  readonly fullName?: string;
  readonly password?: string;
  readonly isAdmin?: boolean;
  readonly isActive?: boolean;
  readonly permission?: GatewayPermission;
};
export type NewTeam = {
  readonly name: TeamName;
  readonly description: string;
  readonly right: RepositoryRight;
};

/** Users, organizations and teams: a door without locks; who may call is the caller's question. */
export type Membership = {
  /**
   * Makes the user `admin` where there is no user at all. The password, which is stored nowhere, is handed
   * to `keep` before the user is made: whenever it stops, a user whose password nobody knows is never left.
   */
  ensureFirstAdmin(
    keep: (first: { readonly username: AccountName; readonly password: string }) => Promise<void>,
    o: Options,
  ): Promise<void>;
  listUsers(o: Options): Promise<readonly UserView[]>;
  /** Throws `accounts/user-unknown`. */
  user(name: AccountName, o: Options): Promise<UserView>;
  /** Throws `accounts/name-taken` or `accounts/name-reserved`. */
  createUser(user: NewUser, o: Options): Promise<UserView>;
  /** Throws `accounts/user-unknown`, or `accounts/last-admin` where no active admin would be left. */
  updateUser(name: AccountName, change: UserUpdate, o: Options): Promise<UserView>;
  listOrganizations(o: Options): Promise<readonly Organization[]>;
  /** Throws `accounts/name-taken` or `accounts/name-reserved`. */
  createOrganization(
    organization: { readonly name: AccountName; readonly fullName: string },
    o: Options,
  ): Promise<Organization>;
  listTeams(o: Options): Promise<readonly TeamView[]>;
  /** Throws `accounts/organization-unknown` or `accounts/team-taken`. */
  createTeam(team: NewTeam, o: Options): Promise<TeamView>;
  /** Throws `accounts/team-unknown`. */
  deleteTeam(name: TeamName, o: Options): Promise<void>;
  /** Throws `accounts/team-unknown` or `accounts/user-unknown`. */
  addMember(team: TeamName, user: AccountName, o: Options): Promise<TeamView>;
  /** Throws `accounts/team-unknown`. */
  removeMember(team: TeamName, user: AccountName, o: Options): Promise<TeamView>;
};

const firstAdminName = "admin";
const firstPasswordBytes = 15;

export function createMembership(parts: {
  readonly store: AccountStore;
  readonly hasher: PasswordHasher;
  readonly people: PeopleCache;
  readonly clock: Clock;
  readonly registryHost: RegistryHost;
}): Membership {
  const { store, hasher, people, clock, registryHost } = parts;

  /** `registry.lab/acme/web` names acme/web for the trust server; as a namespace it would name something else. */
  function refuseReserved(name: AccountName): void {
    if (name === String(registryHost))
      throw new AccountsError("accounts/name-reserved", `${name} is the registry's own name`);
  }

  async function userView(name: AccountName, o: Options): Promise<UserView> {
    const view = await people.current(o);
    const user = view.userOf.get(name);
    if (user === undefined) throw new AccountsError("accounts/user-unknown", name);
    return { ...user, teams: teamsOf(name, view) };
  }

  async function teamView(name: TeamName, o: Options): Promise<TeamView> {
    const view = await people.current(o);
    const team = view.teamOf.get(name);
    if (team === undefined) throw new AccountsError("accounts/team-unknown", name);
    return withSigners(team, view);
  }

  return {
    async ensureFirstAdmin(keep, o) {
      if ((await people.current(o)).users.length > 0) return;
      const username = parseAccountName(firstAdminName);
      const password = randomBytes(firstPasswordBytes).toString("base64url");
      const passwordHash = await hasher.hash(password, o);
      const user = {
        name: username,
        fullName: "Administrator",
        isAdmin: true,
        isActive: true,
        permission: "full-control",
        createdAt: clock(),
        passwordHash,
      } as const;
      await keep({ username, password });
      await people.changing(() => store.createFirstUser(user, o));
    },

    async listUsers(o) {
      const view = await people.current(o);
      return view.users.map((user) => ({ ...user, teams: teamsOf(user.name, view) }));
    },

    user: userView,

    async createUser({ password, ...user }, o) {
      refuseReserved(user.name);
      const passwordHash = await hasher.hash(password, o);
      const stored = { ...user, isActive: true, createdAt: clock(), passwordHash };
      await people.changing(() => store.createUser(stored, o));
      return await userView(user.name, o);
    },

    async updateUser(name, { password, ...change }, o) {
      await userView(name, o);
      const secret = password === undefined ? {} : { passwordHash: await hasher.hash(password, o) };
      await people.changing(() => store.updateUser(name, { ...change, ...secret }, o));
      return await userView(name, o);
    },

    async listOrganizations(o) {
      return (await people.current(o)).organizations;
    },

    async createOrganization(organization, o) {
      refuseReserved(organization.name);
      const stored = { ...organization, createdAt: clock() };
      await people.changing(() => store.createOrganization(stored, o));
      return stored;
    },

    async listTeams(o) {
      const view = await people.current(o);
      return view.teams.map((team) => withSigners(team, view));
    },

    async createTeam(team, o) {
      await people.changing(() => store.createTeam(team, o));
      return await teamView(team.name, o);
    },

    async deleteTeam(name, o) {
      await people.changing(() => store.deleteTeam(name, o));
    },

    async addMember(team, user, o) {
      await people.changing(() => store.addMember(team, user, o));
      return await teamView(team, o);
    },

    async removeMember(team, user, o) {
      await people.changing(() => store.removeMember(team, user, o));
      return await teamView(team, o);
    },
  };
}

function teamsOf(user: AccountName, view: PeopleView): readonly TeamName[] {
  return view.teams.filter((team) => team.members.includes(user)).map((team) => team.name);
}

function withSigners(team: StoredTeam, view: PeopleView): TeamView {
  return { ...team, canSign: team.members.filter((member) => view.signers.has(member)) };
}
