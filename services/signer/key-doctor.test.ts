import { generateKeyPairSync } from "node:crypto";
import { expect, test } from "vitest";
import { parseCollectionName } from "#domain/oci";
import {
  parseRoleName,
  publicKeyFromPem,
  rootRole,
  targetsRole,
  type PublicKey,
  type RoleKeys,
  type RoleName,
  type Targets,
} from "#domain/tuf";
import { examineKeys, type RepositoryFacts } from "./key-doctor.ts";

const now = 1_790_000_000_000;
const day = 86_400_000;
const gun = parseCollectionName("registry.test/acme/web");
const releases = parseRoleName("targets/releases");

const newKey = (): PublicKey => {
  const { publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return publicKeyFromPem(publicKey.export({ type: "spki", format: "pem" }).toString());
};
const role = (threshold: number, ...keys: readonly PublicKey[]): RoleKeys => ({
  threshold,
  keys: new Map(keys.map((key) => [key.id, key])),
});
const [root, targets, server, alice, bob] = [newKey(), newKey(), newKey(), newKey(), newKey()];

function repository(how: {
  readonly releases?: RoleKeys;
  readonly expires?: Partial<Record<"root" | "targets" | "releases", number>>;
}): RepositoryFacts {
  const expires = { root: now + 3_000 * day, targets: now + 900 * day, releases: now + 900 * day };
  const ends = { ...expires, ...how.expires };
  const common = { version: 1, keys: new Map<string, PublicKey>() };
  const file = (at: number): Targets => ({
    ...{ ...common, expires: at },
    targets: new Map(),
    delegations: [],
  });
  const delegations = [{ name: releases, paths: [""], ...(how.releases ?? role(1, alice)) }];
  const files: readonly (readonly [RoleName, Targets])[] = [
    [targetsRole, { ...file(ends.targets), delegations }],
    [releases, file(ends.releases)],
  ];
  return {
    gun,
    isCurrent: true,
    root: {
      ...{ ...common, expires: ends.root },
      root: role(1, root),
      targets: role(1, targets),
      snapshot: role(1, server),
      timestamp: role(1, server),
    },
    targets: new Map(files),
  };
}

const held = (key: PublicKey, named: string) => ({ id: key.id, role: named, location: "here" });
const facts = {
  backedUp: new Map<string, number>(),
  revoked: new Set<string>(),
  now,
  repositories: [repository({})],
};

test("a key is for the roles that list it, whatever its file says it is for", () => {
  const { keys } = examineKeys({ ...facts, keys: [held(root, "bob"), held(alice, "root")] });
  expect(keys.map(({ uses }) => uses.map((use) => use.role))).toEqual([[rootRole], [releases]]);
});

test("a role depends on a key alone where the others do not meet its threshold", () => {
  const usesWith = (list: RoleKeys, ...own: readonly PublicKey[]) =>
    examineKeys({
      ...facts,
      repositories: [repository({ releases: list })],
      keys: own.map((key) => held(key, "alice")),
    }).keys[0]?.uses;
  expect(usesWith(role(1, alice), alice)).toMatchObject([{ alone: true, others: 0 }]);
  expect(usesWith(role(1, alice, bob), alice)).toMatchObject([
    { alone: false, others: 1, othersHeld: 0 },
  ]);
  expect(usesWith(role(2, alice, bob), alice, bob)).toMatchObject([
    { alone: true, others: 1, othersHeld: 1, threshold: 2 },
  ]);
  expect(usesWith(role(1, bob), alice)).toEqual([]);
});

test("what ends within half a year is said, and whether the held keys can sign it anew", () => {
  const expires = { root: now + 30 * day, targets: now - day, releases: now + 400 * day };
  const { expiries } = examineKeys({
    ...facts,
    repositories: [repository({ expires })],
    keys: [held(targets, "targets")],
  });
  expect(expiries.map(({ role: name, state, canRenew }) => [name, state, canRenew])).toEqual([
    [targetsRole, "over", true],
    [rootRole, "soon", false],
    [releases, "good", false],
  ]);
});

test("repositories that no held key signs for are not spoken of", () => {
  const { keys, expiries } = examineKeys({ ...facts, keys: [held(bob, "bob")] });
  expect(keys).toMatchObject([{ uses: [] }]);
  expect(expiries).toEqual([]);
});

test("backups, tokens and revocations are told by key", () => {
  const { keys } = examineKeys({
    ...facts,
    keys: [{ ...held(root, "root"), location: "token office" }, held(alice, "alice")],
    backedUp: new Map([[alice.id, now - day]]),
    revoked: new Set([alice.id]),
  });
  expect(keys).toMatchObject([
    { isOnToken: true, backedUpAt: undefined, isRevoked: false },
    { isOnToken: false, backedUpAt: now - day, isRevoked: true },
  ]);
});
