import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { masterKeyOf } from "./key-vault-master.ts";
import { sealingUnder } from "./sealing.ts";

const o = { signal: new AbortController().signal };
const master = masterKeyOf(randomBytes(32));
const secret = Buffer.from("a password");

test("what is sealed opens in its place, under the key that it names, and nowhere else", async () => {
  const sealing = sealingUnder({ master });
  const sealed = await sealing.seal(secret, "here", o);
  expect(Buffer.from(sealed).includes(secret)).toBe(false);
  expect(Buffer.from(await sealing.open(sealed, "here", o))).toEqual(secret);
  await expect(sealing.open(sealed, "there", o)).rejects.toThrow("unable to authenticate");
  const other = sealingUnder({ master: masterKeyOf(randomBytes(32)) });
  await expect(other.open(sealed, "here", o)).rejects.toMatchObject({ code: "trust/key-lost" });
  const broken = Uint8Array.from(sealed);
  broken[broken.length - 1] = (broken.at(-1) ?? 0) ^ 1;
  await expect(sealing.open(broken, "here", o)).rejects.toThrow("unable to authenticate");
  await expect(sealing.open(new Uint8Array(8), "here", o)).rejects.toThrow("names no master key");
});

test("after the master key was changed the one before still opens what it sealed", async () => {
  const sealed = await sealingUnder({ master }).seal(secret, "here", o);
  const sealing = sealingUnder({
    master: masterKeyOf(randomBytes(32)),
    otherMasters: (id) => Promise.resolve(id === master.id ? master : undefined),
  });
  expect(Buffer.from(await sealing.open(sealed, "here", o))).toEqual(secret);
});
