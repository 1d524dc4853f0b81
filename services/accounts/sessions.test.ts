import { expect, test } from "vitest";
import { accountsWorld, memoryAccountStore } from "./testing/index.ts";

const hourMs = 3_600_000;
const credentials = { username: "alice", password: "alice-password" };

async function signedIn() {
  const world = accountsWorld();
  await world.person("root", { isAdmin: true });
  const alice = await world.person("alice");
  const { token, expiresAt } = await world.accounts.signIn(credentials, world.o);
  const current = () => world.accounts.session(token, world.o);
  return { ...world, alice, token, expiresAt, current };
}

test("a session names its user and its end", async () => {
  const { current, expiresAt, now } = await signedIn();
  expect(expiresAt).toBe(now() + 12 * hourMs);
  expect(await current()).toMatchObject({ user: { name: "alice" }, expiresAt });
});

test("no user ever comes with the password's hash", async () => {
  const { accounts, current, o } = await signedIn();
  const shown = [
    await current(),
    await accounts.signIn(credentials, o),
    await accounts.listUsers(o),
  ];
  expect(JSON.stringify(shown)).not.toContain("scrypt");
});

test("a session ends 12 hours after its last use", async () => {
  const { current, pass } = await signedIn();
  pass(11 * hourMs);
  expect(await current()).toBeDefined();
  pass(12 * hourMs - 1);
  expect(await current()).toBeDefined();
  pass(12 * hourMs);
  expect(await current()).toBeUndefined();
});

test("asking quietly is no use of it", async () => {
  const { accounts, token, o, pass } = await signedIn();
  pass(11 * hourMs);
  expect(await accounts.session(token, { ...o, quietly: true })).toBeDefined();
  pass(hourMs);
  expect(await accounts.session(token, { ...o, quietly: true })).toBeUndefined();
});

test("a session ends after 7 days, however much it is used", async () => {
  const { current, pass } = await signedIn();
  for (let time = 0; time < 27; time += 1) {
    pass(6 * hourMs);
    expect(await current()).toBeDefined();
  }
  pass(6 * hourMs);
  expect(await current()).toBeUndefined();
});

test("signing out ends this session, and no other", async () => {
  const { accounts, token, o, current } = await signedIn();
  const other = await accounts.signIn(credentials, o);
  await accounts.signOut(token, o);
  expect(await current()).toBeUndefined();
  expect(await accounts.session(other.token, o)).toBeDefined();
});

test.for([
  ["a new password", { password: "a new password" }],
  ["being made inactive", { isActive: false }],
] as const)("%s ends all sessions", async ([, change]) => {
  const { accounts, alice, o, current } = await signedIn();
  await accounts.updateUser(alice, change, o);
  expect(await current()).toBeUndefined();
  await accounts.updateUser(alice, { isActive: true }, o);
  expect(await current()).toBeUndefined();
});

test.for([[""], ["x"], ["../../etc/passwd"], ["a".repeat(43)], ["a".repeat(100_000)]])(
  "%# a token that was never given is nobody's",
  async ([token = ""]) => {
    const { accounts, o } = await signedIn();
    expect(await accounts.session(token, o)).toBeUndefined();
  },
);

test("the store never learns the token", async () => {
  const store = memoryAccountStore();
  const hashes: string[] = [];
  const world = accountsWorld({
    store: {
      ...store,
      addSession: (session, hash, o) => {
        hashes.push(session.tokenHash);
        return store.addSession(session, hash, o);
      },
    },
  });
  await world.person("alice");
  const { token } = await world.accounts.signIn(credentials, world.o);
  expect(hashes).toEqual([expect.stringMatching(/^[0-9a-f]{64}$/)]);
  expect(hashes[0]).not.toContain(token);
});
