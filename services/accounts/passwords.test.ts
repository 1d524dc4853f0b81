import { expect, test } from "vitest";
import { countAttempt } from "./passwords.ts";
import { AccountsError } from "./errors.ts";
import { accountsWorld, cheapHasher, type AccountsWorld } from "./testing/index.ts";

const minuteMs = 60_000;
const service = "localhost:8443";
const wrong = { code: "accounts/credentials-wrong" };
const locked = { code: "accounts/locked" };

const signIn = (world: AccountsWorld, username: string, password = `${username}-password`) =>
  world.accounts.signIn({ username, password }, world.o);
const fail = async (world: AccountsWorld, times: number, username = "alice"): Promise<void> => {
  for (let time = 0; time < times; time += 1)
    await expect(signIn(world, username, `guess ${time}`)).rejects.toMatchObject(wrong);
};

test("five wrong passwords lock an account, also for the right one", async () => {
  const world = accountsWorld();
  await world.person("alice");
  await fail(world, 5);
  await expect(signIn(world, "alice")).rejects.toMatchObject({ ...locked, retryAfterSeconds: 30 });
  world.pass(29_999);
  await expect(signIn(world, "alice")).rejects.toMatchObject({ ...locked, retryAfterSeconds: 1 });
  world.pass(1);
  expect((await signIn(world, "alice")).user.name).toBe("alice");
});

test("the lock grows with each further failure, up to an hour", () => {
  let attempts = { count: 0, lastAt: 0, lockedUntil: 0 };
  const locks: number[] = [];
  for (let time = 0; time < 14; time += 1) {
    const now = attempts.lockedUntil;
    attempts = countAttempt(attempts, now);
    locks.push((attempts.lockedUntil - now) / 1_000);
  }
  expect(locks).toEqual([0, 0, 0, 0, 30, 60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]);
});

test("what comes while an account is locked is not counted", () => {
  const attempts = { count: 5, lastAt: 0, lockedUntil: 30_000 };
  expect(countAttempt(attempts, 29_999)).toBe(attempts);
});

test("a good sign-in, and a day's rest, start anew", async () => {
  const world = accountsWorld();
  await world.person("alice");
  await fail(world, 4);
  await signIn(world, "alice");
  await fail(world, 4);
  world.pass(24 * 60 * minuteMs + 1);
  await fail(world, 4);
  expect((await signIn(world, "alice")).user.name).toBe("alice");
});

test("a hundred guesses at once are no more than five", async () => {
  const world = accountsWorld();
  await world.person("alice");
  const guesses = Array.from({ length: 100 }, (_, at) => signIn(world, "alice", `guess ${at}`));
  const results = await Promise.allSettled(guesses);
  const codes = results.map((result) =>
    result.status === "rejected" ? (result.reason as { code: string }).code : "in",
  );
  expect(codes.filter((code) => code === wrong.code)).toHaveLength(5);
  expect(codes.filter((code) => code === locked.code)).toHaveLength(95);
});

test("a name that nobody has is locked like one that somebody has", async () => {
  const world = accountsWorld();
  for (const name of ["nobody", "Not A Name", "__proto__"]) {
    await fail(world, 5, name);
    await expect(signIn(world, name)).rejects.toMatchObject(locked);
  }
});

test("one account's lock is nobody else's", async () => {
  const world = accountsWorld();
  await world.person("alice");
  await world.person("bob");
  await fail(world, 5);
  expect((await signIn(world, "bob")).user.name).toBe("bob");
});

test("an admin's new password opens a locked account", async () => {
  const world = accountsWorld();
  await world.person("root", { isAdmin: true });
  const alice = await world.person("alice");
  await fail(world, 5);
  await world.accounts.updateUser(alice, { password: "a new password" }, world.o);
  expect((await signIn(world, "alice", "a new password")).user.name).toBe("alice");
});

test("that an account is inactive is told only to who knows its password", async () => {
  const world = accountsWorld();
  await world.person("root", { isAdmin: true });
  const alice = await world.person("alice");
  await world.accounts.updateUser(alice, { isActive: false }, world.o);
  await expect(signIn(world, "alice")).rejects.toMatchObject({ code: "accounts/inactive" });
  await expect(signIn(world, "alice", "another")).rejects.toMatchObject(wrong);
});

test("a client that asks for many tokens at once is not locked out", async () => {
  const world = accountsWorld();
  await world.person("alice");
  const credentials = { username: "alice", password: "alice-password" };
  const ask = () => world.accounts.issue({ credentials, scopes: [], service }, world.o);
  const tokens = await Promise.all(Array.from({ length: 20 }, ask));
  expect(tokens.every(({ account }) => account === "alice")).toBe(true);
});

test("a password that was just good is not good after it was changed", async () => {
  const world = accountsWorld();
  await world.person("root", { isAdmin: true });
  const alice = await world.person("alice");
  await signIn(world, "alice");
  await world.accounts.updateUser(alice, { password: "a new password" }, world.o);
  await expect(signIn(world, "alice")).rejects.toMatchObject(wrong);
});

test("a lock holds for tokens too, also with a password that was just good", async () => {
  const world = accountsWorld();
  await world.person("alice");
  await signIn(world, "alice");
  await fail(world, 5);
  const credentials = { username: "alice", password: "alice-password" };
  await expect(
    world.accounts.issue({ credentials, scopes: [], service }, world.o),
  ).rejects.toMatchObject(locked);
});

test("a password that nobody had the time to look at is no failure", async () => {
  let isBusy = false;
  const refuse = () => Promise.reject(new AccountsError("accounts/busy", "too many"));
  const world = accountsWorld({
    hasher: {
      hash: (password, o) => (isBusy ? refuse() : cheapHasher.hash(password, o)),
      matches: (password, hash, o) => (isBusy ? refuse() : cheapHasher.matches(password, hash, o)),
    },
  });
  await world.person("alice");
  isBusy = true;
  for (let time = 0; time < 20; time += 1)
    await expect(signIn(world, "alice")).rejects.toMatchObject({ code: "accounts/busy" });
  isBusy = false;
  expect((await signIn(world, "alice")).user.name).toBe("alice");
});
