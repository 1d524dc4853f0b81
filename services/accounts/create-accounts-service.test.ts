import { expect, test } from "vitest";
import { parseAccountName, parseKeyFingerprint, parseTeamName } from "#domain/identity";
import { accountsWorld, publicPem } from "./testing/index.ts";

const acme = parseAccountName("acme");
const qa = parseTeamName("acme/qa");

async function withTeam() {
  const world = accountsWorld();
  const { accounts, o } = world;
  const root = await world.person("root", { isAdmin: true });
  const alice = await world.person("alice");
  const bob = await world.person("bob");
  await accounts.createOrganization({ name: acme, fullName: "Acme" }, o);
  await accounts.createTeam({ name: qa, description: "", right: "read" }, o);
  return { ...world, root, alice, bob };
}

type First = { readonly username: string; readonly password: string };

/** Hands the first admin's password to a list. */
function keepIn(kept: First[]): (first: First) => Promise<void> {
  return (first) => {
    kept.push(first);
    return Promise.resolve();
  };
}

test("the first admin is made once, and only the caller ever sees the password", async () => {
  const { accounts, store, o } = accountsWorld();
  const kept: First[] = [];
  await accounts.ensureFirstAdmin(keepIn(kept), o);
  await accounts.ensureFirstAdmin(keepIn(kept), o);
  expect(kept).toHaveLength(1);
  const { username = "", password = "" } = kept[0] ?? {};
  expect(password.length).toBeGreaterThanOrEqual(20);
  expect((await store.user(parseAccountName(username), o))?.passwordHash).not.toContain(password);
  expect((await accounts.signIn({ username, password }, o)).user.isAdmin).toBe(true);
});

test("a first password that could not be kept makes no admin, and the next start makes one", async () => {
  const { accounts, o } = accountsWorld();
  const fails = (): Promise<void> => Promise.reject(new Error("the disk is full"));
  await expect(accounts.ensureFirstAdmin(fails, o)).rejects.toThrow("the disk is full");
  expect(await accounts.listUsers(o)).toEqual([]);
  const kept: First[] = [];
  await accounts.ensureFirstAdmin(keepIn(kept), o);
  expect(kept).toHaveLength(1);
});

test("where there is any user, no admin is made", async () => {
  const world = accountsWorld();
  await world.person("alice");
  const kept: First[] = [];
  await world.accounts.ensureFirstAdmin(keepIn(kept), world.o);
  expect(kept).toEqual([]);
});

test("a user is shown with their teams, a team with its members", async () => {
  const { accounts, alice, o } = await withTeam();
  expect(await accounts.addMember(qa, alice, o)).toMatchObject({ members: ["alice"] });
  expect((await accounts.user(alice, o)).teams).toEqual([qa]);
  await accounts.deleteTeam(qa, o);
  expect((await accounts.user(alice, o)).teams).toEqual([]);
});

test("who could sign for a team: active members with a key that is not revoked", async () => {
  const { accounts, alice, bob, root, o } = await withTeam();
  const canSign = async () => (await accounts.listTeams(o))[0]?.canSign;
  await accounts.addMember(qa, alice, o);
  await accounts.addMember(qa, bob, o);
  expect(await canSign()).toEqual([]);
  const key = await accounts.addKey(alice, { label: "laptop", pem: publicPem() }, o);
  await accounts.addKey(bob, { label: "laptop", pem: publicPem() }, o);
  await accounts.addKey(root, { label: "laptop", pem: publicPem() }, o);
  expect(await canSign()).toEqual(["alice", "bob"]);
  await accounts.updateUser(bob, { isActive: false }, o);
  expect(await canSign()).toEqual(["alice"]);
  await accounts.revokeKey(alice, key.fingerprint, o);
  expect(await canSign()).toEqual([]);
});

test("a key names its owner until it is revoked, or the owner is not active", async () => {
  const { accounts, alice, o } = await withTeam();
  const { fingerprint } = await accounts.addKey(alice, { label: "laptop", pem: publicPem() }, o);
  const owner = async () => (await accounts.identifyKey(fingerprint, o))?.user.name;
  expect(await owner()).toBe("alice");
  await accounts.updateUser(alice, { isActive: false }, o);
  expect(await owner()).toBeUndefined();
  await accounts.updateUser(alice, { isActive: true }, o);
  expect(await owner()).toBe("alice");
  await accounts.revokeKey(alice, fingerprint, o);
  expect(await owner()).toBeUndefined();
  const unknown = parseKeyFingerprint("0".repeat(64));
  expect(await accounts.identifyKey(unknown, o)).toBeUndefined();
});

test("a key that is somebody's cannot become somebody else's by being added", async () => {
  const { accounts, alice, bob, o } = await withTeam();
  const pem = publicPem();
  const { fingerprint } = await accounts.addKey(alice, { label: "laptop", pem }, o);
  const taken = { code: "accounts/key-taken" };
  await expect(accounts.addKey(bob, { label: "mine", pem }, o)).rejects.toMatchObject(taken);
  await accounts.revokeKey(alice, fingerprint, o);
  await expect(accounts.addKey(bob, { label: "mine", pem }, o)).rejects.toMatchObject(taken);
  await accounts.addKey(bob, { label: "mine", pem }, { ...o, mayMove: true });
  expect((await accounts.identifyKey(fingerprint, o))?.user.name).toBe("bob");
});

test("keys are listed newest first, revoked ones with the time", async () => {
  const { accounts, alice, bob, o, pass, now } = await withTeam();
  const old = await accounts.addKey(alice, { label: "old", pem: publicPem() }, o);
  pass(1_000);
  await accounts.addKey(alice, { label: "new", pem: publicPem() }, o);
  await accounts.revokeKey(alice, old.fingerprint, o);
  const keys = await accounts.listKeys(alice, o);
  expect(keys.map(({ label, revokedAt }) => [label, revokedAt])).toEqual([
    ["new", undefined],
    ["old", now()],
  ]);
  expect(await accounts.listKeys(bob, o)).toEqual([]);
  await expect(accounts.listKeys(parseAccountName("nobody"), o)).rejects.toMatchObject({
    code: "accounts/user-unknown",
  });
});

test("the roster stays the same object until something changes", async () => {
  const { accounts, alice, o, pass } = await withTeam();
  const first = await accounts.roster(o);
  expect(await accounts.roster(o)).toBe(first);
  pass(5_000);
  expect(await accounts.roster(o)).toBe(first);
  await accounts.signIn({ username: "alice", password: "alice-password" }, o);
  expect(await accounts.roster(o)).toBe(first);
  await accounts.addMember(qa, alice, o);
  const second = await accounts.roster(o);
  expect(second.version).toBeGreaterThan(first.version);
  expect(second.teams).toMatchObject([{ name: "acme/qa", members: ["alice"] }]);
  expect(JSON.stringify(second)).not.toContain("scrypt");
});

test("a revoked key stays in the roster, as revoked", async () => {
  const { accounts, alice, o } = await withTeam();
  const { fingerprint } = await accounts.addKey(alice, { label: "laptop", pem: publicPem() }, o);
  await accounts.revokeKey(alice, fingerprint, o);
  expect((await accounts.roster(o)).keys).toEqual([
    { fingerprint, account: "alice", revoked: true },
  ]);
});

test("a change made elsewhere on the same store is seen within a second", async () => {
  const one = accountsWorld();
  const other = accountsWorld({ store: one.store });
  expect((await one.accounts.roster(one.o)).users).toEqual([]);
  await other.person("alice");
  one.pass(1_000);
  expect((await one.accounts.roster(one.o)).users).toHaveLength(1);
});

test("what was read while something changed is not kept", async () => {
  const world = await withTeam();
  const { accounts, alice, o } = world;
  for (let time = 0; time < 20; time += 1) {
    const change =
      time % 2 === 0 ? accounts.addMember(qa, alice, o) : accounts.removeMember(qa, alice, o);
    await Promise.all([change, accounts.roster(o), accounts.roster(o)]);
    expect((await accounts.roster(o)).teams[0]?.members).toHaveLength((time + 1) % 2);
  }
});

test("a bundle is a new key each time, labelled with the day where nobody says otherwise", async () => {
  const { accounts, alice, o } = await withTeam();
  const one = await accounts.createBundle(alice, " ", o);
  const other = await accounts.createBundle(alice, "laptop", o);
  expect(one.key.fingerprint).not.toBe(other.key.fingerprint);
  expect([one.key.label, other.key.label]).toEqual(["Bundle of 2026-05-07", "laptop"]);
  expect(await accounts.listKeys(alice, o)).toHaveLength(2);
  await expect(accounts.createBundle(parseAccountName("nobody"), "", o)).rejects.toMatchObject({
    code: "accounts/user-unknown",
  });
});
