import type { KeyOwner } from "#contracts";
import {
  parseKeyFingerprint,
  type AccountName,
  type KeyFingerprint,
  type User,
} from "#domain/identity";
import { CodedError } from "#domain/kernel";
import type { AccountsService, ArchiveFile, UserUpdate, UserView } from "#services/accounts";
import { RestError } from "./errors.ts";
import { operation, type Operation } from "./operation.ts";

/** What a person may change about themselves; the rest is an admin's. */
const own: ReadonlySet<string> = new Set(["fullName", "password"]);

/** Users, their keys and bundles, organizations, teams. */
export function peopleOperations(accounts: AccountsService): readonly Operation[] {
  return [
    operation("listUsers", "signed-in", async ({ caller, signal }) => {
      const users = await accounts.listUsers({ signal });
      return users.map((user) => seenBy(caller.user, user));
    }),
    operation("createUser", "admin", ({ body, signal }) => accounts.createUser(body, { signal })),
    operation("user", "signed-in", async ({ caller, place, signal }) =>
      seenBy(caller.user, await accounts.user(place.user(), { signal })),
    ),
    operation("updateUser", "own-or-admin", ({ caller, place, body, signal }) => {
      if (!caller.user.isAdmin && Object.keys(body).some((name) => !own.has(name)))
        throw new RestError("rest/forbidden", `${caller.user.name} is not admin`);
      return accounts.updateUser(place.user(), given(body), { signal });
    }),

    operation("listKeys", "signed-in", async ({ caller, place, signal }) => {
      const account = place.user();
      const keys = await accounts.listKeys(account, { signal });
      if (caller.user.isAdmin || caller.user.name === account) return keys;
      // Who owns a repository has to know the keys of those who are to sign there: no more than that.
      return keys
        .filter((key) => key.revokedAt === undefined)
        .map((key) => ({ ...key, label: "" }));
    }),
    operation("addKey", "own-or-admin", ({ caller, place, body, signal }) =>
      accounts.addKey(place.user(), body, {
        signal,
        mayMove: caller.user.isAdmin,
        mustProve: !caller.user.isAdmin, // an admin answers for whose key it is
      }),
    ),
    operation("revokeKey", "own-or-admin", async ({ place, signal }) => {
      await accounts.revokeKey(place.user(), place.fingerprint(), { signal });
      return undefined;
    }),
    operation("keyOwners", "signed-in", async ({ query, signal }) => {
      const owners: KeyOwner[] = [];
      for (const text of new Set(query.fingerprints.split(","))) {
        const fingerprint = fingerprintOf(text);
        const found = fingerprint && (await accounts.identifyKey(fingerprint, { signal }));
        if (found !== undefined)
          owners.push({ fingerprint: found.key.fingerprint, account: found.user.name });
      }
      return owners;
    }),
    operation("createBundle", "own-or-admin", async ({ place, body, signal }) => {
      const made = await accounts.createBundle(place.user(), body.label, { signal });
      return { key: made.key, bundle: encoded(made.bundle), context: encoded(made.context) };
    }),

    operation("listOrganizations", "signed-in", ({ signal }) =>
      accounts.listOrganizations({ signal }),
    ),
    operation("createOrganization", "admin", ({ body, signal }) =>
      accounts.createOrganization(body, { signal }),
    ),
    operation("listTeams", "signed-in", ({ signal }) => accounts.listTeams({ signal })),
    operation("createTeam", "admin", ({ body, signal }) => accounts.createTeam(body, { signal })),
    operation("deleteTeam", "admin", async ({ place, signal }) => {
      await accounts.deleteTeam(place.team(), { signal });
      return undefined;
    }),
    operation("addMember", "admin", ({ place, signal }) =>
      accounts.addMember(place.team(), place.user(), { signal }),
    ),
    operation("removeMember", "admin", ({ place, signal }) =>
      accounts.removeMember(place.team(), place.user(), { signal }),
    ),
  ];
}

/** Others see a person's names, teams and whether they are active: what it takes to understand a refusal. */
function seenBy(viewer: User, user: UserView): UserView {
  if (viewer.isAdmin || viewer.name === (user.name as AccountName)) return user;
  return { ...user, isAdmin: false, permission: "none", createdAt: 0 };
}

/** Leaves out what was not given, which is not the same as given as nothing. */
function given(body: {
  readonly [Name in keyof UserUpdate]?: UserUpdate[Name] | undefined;
}): UserUpdate {
  return {
    ...(body.fullName === undefined ? {} : { fullName: body.fullName }),
    ...(body.password === undefined ? {} : { password: body.password }),
    ...(body.isAdmin === undefined ? {} : { isAdmin: body.isAdmin }),
    ...(body.isActive === undefined ? {} : { isActive: body.isActive }),
    ...(body.permission === undefined ? {} : { permission: body.permission }),
  };
}

function fingerprintOf(text: string): KeyFingerprint | undefined {
  try {
    return parseKeyFingerprint(text);
  } catch (error) {
    if (error instanceof CodedError) return undefined; // nobody's
    throw error;
  }
}

function encoded({ fileName, bytes }: ArchiveFile): { fileName: string; base64: string } {
  return { fileName, base64: Buffer.from(bytes).toString("base64") };
}
