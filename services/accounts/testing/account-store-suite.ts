import { expect, test } from "vitest";
import { parseAccountName, parseKeyFingerprint, parseTeamName } from "#domain/identity";
import type { AccountStore, StoredKey, StoredUser } from "../index.ts";

const o = { signal: new AbortController().signal };
const alice = parseAccountName("alice");
const bob = parseAccountName("bob");
const root = parseAccountName("root");
const acme = parseAccountName("acme");
const qa = parseTeamName("acme/qa");
const fingerprint = parseKeyFingerprint("a".repeat(64));

const user = (name: typeof alice, change: Partial<StoredUser> = {}): StoredUser => ({
  name,
  fullName: "",
  isAdmin: false,
  isActive: true,
  permission: "restricted-control",
  createdAt: 1,
  passwordHash: `hash of ${name}`,
  ...change,
});
const key = (account: typeof alice): StoredKey => ({
  fingerprint,
  account,
  label: "laptop",
  createdAt: 5,
  publicKey: "PEM",
});

/** What every `AccountStore` must do. */
export function accountStoreSuite(open: () => Promise<AccountStore>): void {
  const withPeople = async (): Promise<AccountStore> => {
    const store = await open();
    await store.createUser(user(root, { isAdmin: true }), o);
    await store.createUser(user(alice), o);
    await store.createUser(user(bob), o);
    await store.createOrganization({ name: acme, fullName: "Acme", createdAt: 2 }, o);
    await store.createTeam({ name: qa, description: "Quality", right: "write" }, o);
    return store;
  };
  const attempt =
    (at: number) =>
    (before: {
      readonly count: number;
    }): { count: number; lastAt: number; lockedUntil: number } => ({
      count: before.count + 1,
      lastAt: at,
      lockedUntil: 0,
    });

  test("the first user is created once, however many try", async () => {
    const store = await open();
    const made = await Promise.all([
      store.createFirstUser(user(alice), o),
      store.createFirstUser(user(bob), o),
      store.createFirstUser(user(root), o),
    ]);
    expect(made.filter(Boolean)).toHaveLength(1);
    expect((await store.people(o)).users).toHaveLength(1);
  });

  test("users and organizations share one list of names", async () => {
    const store = await withPeople();
    const taken = { code: "accounts/name-taken" };
    await expect(store.createUser(user(acme), o)).rejects.toMatchObject(taken);
    await expect(store.createUser(user(alice), o)).rejects.toMatchObject(taken);
    await expect(
      store.createOrganization({ name: alice, fullName: "", createdAt: 1 }, o),
    ).rejects.toMatchObject(taken);
  });

  test("of one name wanted twice at once, one is given", async () => {
    const store = await open();
    const results = await Promise.allSettled([
      store.createUser(user(alice), o),
      store.createOrganization({ name: alice, fullName: "", createdAt: 1 }, o),
    ]);
    expect(results.map((result) => result.status).toSorted()).toEqual(["fulfilled", "rejected"]);
  });

  test("a user comes back as stored, and the list leaves the secret out", async () => {
    const store = await withPeople();
    expect(await store.user(alice, o)).toEqual(user(alice));
    expect(await store.user(parseAccountName("carol"), o)).toBeUndefined();
    const { users } = await store.people(o);
    expect(users.map(({ name }) => name)).toEqual(["alice", "bob", "root"]);
    expect(JSON.stringify(users)).not.toContain("hash of");
  });

  test("the last active admin stays", async () => {
    const store = await withPeople();
    for (const change of [{ isAdmin: false }, { isActive: false }])
      await expect(store.updateUser(root, change, o)).rejects.toMatchObject({
        code: "accounts/last-admin",
      });
    expect(await store.user(root, o)).toMatchObject({ isAdmin: true, isActive: true });
  });

  test("of two admins who dismiss each other at once, one stays", async () => {
    const store = await withPeople();
    await store.updateUser(alice, { isAdmin: true }, o);
    const results = await Promise.allSettled([
      store.updateUser(root, { isAdmin: false }, o),
      store.updateUser(alice, { isActive: false }, o),
    ]);
    expect(results.map((result) => result.status).toSorted()).toEqual(["fulfilled", "rejected"]);
  });

  test("every change of people counts the version up, and a refused one does not", async () => {
    const store = await withPeople();
    let last = await store.version(o);
    const changes = [
      () => store.updateUser(alice, { fullName: "Alice" }, o),
      () => store.addMember(qa, alice, o),
      () => store.addKey(key(alice), { ...o, mayMove: false }),
      () => store.revokeKey(alice, fingerprint, 9, o),
      () => store.removeMember(qa, alice, o),
      () => store.deleteTeam(qa, o),
    ];
    for (const change of changes) {
      await change();
      const now = await store.version(o);
      expect(now).toBeGreaterThan(last);
      last = now;
    }
    await expect(store.deleteTeam(qa, o)).rejects.toMatchObject({ code: "accounts/team-unknown" });
    expect(await store.version(o)).toBe(last);
    expect((await store.people(o)).version).toBe(last);
  });

  test("teams need their organization, and one name is one team", async () => {
    const store = await withPeople();
    const other = { name: parseTeamName("other/qa"), description: "", right: "read" } as const;
    await expect(store.createTeam(other, o)).rejects.toMatchObject({
      code: "accounts/organization-unknown",
    });
    await expect(store.createTeam({ ...other, name: qa }, o)).rejects.toMatchObject({
      code: "accounts/team-taken",
    });
  });

  test("members come and go, and are gone with their team", async () => {
    const store = await withPeople();
    await store.addMember(qa, bob, o);
    await store.addMember(qa, alice, o);
    await store.addMember(qa, alice, o);
    const expected = { name: qa, description: "Quality", right: "write" };
    expect((await store.people(o)).teams).toEqual([{ ...expected, members: ["alice", "bob"] }]);
    await store.removeMember(qa, bob, o);
    await store.removeMember(qa, bob, o);
    expect((await store.people(o)).teams).toEqual([{ ...expected, members: ["alice"] }]);
    await store.deleteTeam(qa, o);
    await store.createTeam({ name: qa, description: "", right: "read" }, o);
    expect((await store.people(o)).teams[0]?.members).toEqual([]);
  });

  test("who or what is not there cannot be joined", async () => {
    const store = await withPeople();
    const nobody = parseAccountName("nobody");
    const none = parseTeamName("acme/none");
    await expect(store.addMember(qa, nobody, o)).rejects.toMatchObject({
      code: "accounts/user-unknown",
    });
    await expect(store.addMember(qa, acme, o)).rejects.toMatchObject({
      code: "accounts/user-unknown",
    });
    for (const change of [store.addMember(none, alice, o), store.removeMember(none, alice, o)])
      await expect(change).rejects.toMatchObject({ code: "accounts/team-unknown" });
    await expect(store.updateUser(nobody, {}, o)).rejects.toMatchObject({
      code: "accounts/user-unknown",
    });
  });

  test("a key has one owner at a time, and a revoked one moves only on purpose", async () => {
    const store = await withPeople();
    const keep = { ...o, mayMove: false };
    const taken = { code: "accounts/key-taken" };
    await store.addKey(key(alice), keep);
    await expect(store.addKey(key(alice), keep)).rejects.toMatchObject(taken);
    await expect(store.addKey(key(bob), { ...o, mayMove: true })).rejects.toMatchObject(taken);
    expect(await store.keysOf(alice, o)).toEqual([key(alice)]);
    await store.revokeKey(alice, fingerprint, 9, o);
    expect(await store.keysOf(alice, o)).toEqual([{ ...key(alice), revokedAt: 9 }]);
    expect(await store.keysOf(bob, o)).toEqual([]);
    await expect(store.addKey(key(bob), keep)).rejects.toMatchObject(taken);
    await store.addKey(key(bob), { ...o, mayMove: true });
    expect((await store.people(o)).keys).toEqual([
      { fingerprint, account: bob, label: "laptop", createdAt: 5 },
    ]);
    const nobody = key(parseAccountName("nobody"));
    await expect(store.addKey(nobody, keep)).rejects.toMatchObject({
      code: "accounts/user-unknown",
    });
  });

  test("revoking is done by the owner's name, and once", async () => {
    const store = await withPeople();
    await store.addKey(key(alice), { ...o, mayMove: false });
    await expect(store.revokeKey(bob, fingerprint, 8, o)).rejects.toMatchObject({
      code: "accounts/key-unknown",
    });
    await store.revokeKey(alice, fingerprint, 9, o);
    await store.revokeKey(alice, fingerprint, 10, o);
    expect((await store.people(o)).keys[0]?.revokedAt).toBe(9);
  });

  test("attempts are counted one by one, also at once", async () => {
    const store = await withPeople();
    await Promise.all([1, 2, 3, 4].map((at) => store.changeAttempts(alice, attempt(at), o)));
    const now = await store.changeAttempts(alice, (attempts) => attempts, o);
    expect(now.count).toBe(4);
    await expect(
      store.changeAttempts(parseAccountName("nobody"), attempt(1), o),
    ).rejects.toMatchObject({ code: "accounts/user-unknown" });
    await store.updateUser(alice, { passwordHash: "new" }, o);
    expect((await store.changeAttempts(alice, (attempts) => attempts, o)).count).toBe(0);
  });

  test("a session opens only for an active account with the password that was checked", async () => {
    const store = await withPeople();
    const session = { tokenHash: "t", account: alice, createdAt: 1, lastUsedAt: 1 };
    expect(await store.addSession(session, "another", o)).toBe(false);
    expect(await store.addSession(session, "hash of alice", o)).toBe(true);
    expect(await store.session("t", o)).toEqual(session);
    await store.touchSession("t", 7, o);
    expect(await store.session("t", o)).toEqual({ ...session, lastUsedAt: 7 });
    await store.endSession("t", o);
    expect(await store.session("t", o)).toBeUndefined();
    await store.updateUser(alice, { isActive: false }, o);
    expect(await store.addSession(session, "hash of alice", o)).toBe(false);
  });

  test.for([
    ["a new password", { passwordHash: "new" }],
    ["the end of being active", { isActive: false }],
  ] as const)("%s ends the account's sessions, and only its own", async ([, change]) => {
    const store = await withPeople();
    for (const account of [alice, bob]) {
      const session = { tokenHash: account, account, createdAt: 1, lastUsedAt: 1 };
      await store.addSession(session, `hash of ${account}`, o);
    }
    await store.updateUser(alice, { fullName: "Alice" }, o);
    expect(await store.session(alice, o)).toBeDefined();
    await store.updateUser(alice, change, o);
    expect(await store.session(alice, o)).toBeUndefined();
    expect(await store.session(bob, o)).toBeDefined();
  });

  test("old sessions are forgotten by age and by want of use", async () => {
    const store = await withPeople();
    const session = { account: alice, createdAt: 100, lastUsedAt: 200 };
    for (const [tokenHash, times] of [
      ["old", { createdAt: 10 }],
      ["unused", { lastUsedAt: 110 }],
      ["good", {}],
    ] as const)
      await store.addSession({ tokenHash, ...session, ...times }, "hash of alice", o);
    await store.endOldSessions({ created: 50, used: 150 }, o);
    const left = await Promise.all(["old", "unused", "good"].map((each) => store.session(each, o)));
    expect(left.map((each) => each?.tokenHash)).toEqual([undefined, undefined, "good"]);
  });

  test("nothing happens once the caller has gone", async () => {
    const store = await withPeople();
    const gone = { signal: AbortSignal.abort() };
    await expect(store.deleteTeam(qa, gone)).rejects.toMatchObject({ name: "AbortError" });
    await expect(store.people(gone)).rejects.toMatchObject({ name: "AbortError" });
    expect((await store.people(o)).teams).toHaveLength(1);
  });
}
