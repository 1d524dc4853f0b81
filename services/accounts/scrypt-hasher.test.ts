import { expect, test } from "vitest";
import { createScryptHasher } from "./scrypt-hasher.ts";

const o = { signal: new AbortController().signal };
const cost = { n: 16, r: 1, p: 1 };

test("a password matches its own hash and no other", async () => {
  const hasher = createScryptHasher({ cost });
  const hash = await hasher.hash("correct horse", o);
  expect(await hasher.matches("correct horse", hash, o)).toBe(true);
  expect(await hasher.matches("correct horsE", hash, o)).toBe(false);
  expect(await hasher.matches("", hash, o)).toBe(false);
});

test("two hashes of one password differ, and neither holds it", async () => {
  const hasher = createScryptHasher({ cost });
  const [one, other] = await Promise.all([hasher.hash("secret", o), hasher.hash("secret", o)]);
  expect(one).not.toBe(other);
  expect(one).toMatch(/^scrypt\$n=16,r=1,p=1\$[\w-]+\$[\w-]+$/);
});

test("hashes made at another cost still match", async () => {
  const hash = await createScryptHasher({ cost }).hash("secret", o);
  expect(await createScryptHasher().matches("secret", hash, o)).toBe(true);
});

test("the cost that is used costs at least 32 MiB", async () => {
  const hash = await createScryptHasher().hash("secret", o);
  expect(hash).toMatch(/^scrypt\$n=32768,r=8,p=3\$/);
});

test("a letter is the same however a keyboard composes it", async () => {
  const hasher = createScryptHasher({ cost });
  expect(await hasher.matches("\u0065\u0301", await hasher.hash("\u00e9", o), o)).toBe(true);
});

test("when too many wait the next is refused, and those who wait are served", async () => {
  const hasher = createScryptHasher({ cost, concurrency: 1, maxWaiting: 2 });
  const results = await Promise.allSettled(
    Array.from({ length: 5 }, () => hasher.hash("secret", o)),
  );
  expect(results.map(({ status }) => status)).toEqual([
    ...["fulfilled", "fulfilled", "fulfilled"],
    ...["rejected", "rejected"],
  ]);
  expect(results[4]).toMatchObject({ reason: { code: "accounts/busy" } });
  expect(await hasher.hash("secret", o)).toMatch(/^scrypt/);
});

test("who gave up does not keep a turn", async () => {
  const hasher = createScryptHasher({ cost, concurrency: 1 });
  const gone = new AbortController();
  const first = hasher.hash("secret", o);
  const second = hasher.hash("secret", gone);
  gone.abort();
  await expect(second).rejects.toMatchObject({ name: "AbortError" });
  await first;
  expect(await hasher.hash("secret", o)).toMatch(/^scrypt/);
});
