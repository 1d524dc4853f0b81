import fc from "fast-check";
import { expect, test } from "vitest";
import { parseCollectionName } from "#domain/oci";
import { openBackup, sealBackup } from "./backup-file.ts";
import type { BackupContents } from "./backup-contents.ts";

const cheap = { N: 1_024, r: 8, p: 1 };
const contents: BackupContents = {
  madeAt: 1_790_000_000_000,
  keys: [
    { id: "a1".repeat(32), role: "root", kept: "kept root", opened: "opened root" },
    { id: "b2".repeat(32), role: "targets", gun: "registry.test/acme/web", kept: "kept targets" },
  ],
  pins: [{ gun: parseCollectionName("registry.test/acme/web"), root: Buffer.from('{"signed":1}') }],
};

test("what is sealed opens with its passphrase, and is as it was", async () => {
  const text = await sealBackup(contents, "a long passphrase", cheap);
  expect(await openBackup(text, "a long passphrase")).toEqual(contents);
  expect(JSON.parse(text.split("\n")[0] ?? "")).toMatchObject({
    kind: "countersign key backup",
    version: 1,
    kdf: { name: "scrypt", N: 1_024 },
    cipher: { name: "aes-256-gcm" },
  });
  expect(text).not.toContain("opened root");
});

test("a passphrase may be typed in either form of Unicode", async () => {
  const text = await sealBackup(contents, "schl\u00fcssel", cheap);
  expect(await openBackup(text, "schlu\u0308ssel")).toEqual(contents);
});

test("a backup that went through Windows lines still opens", async () => {
  const text = await sealBackup(contents, "pass", cheap);
  expect(await openBackup(text.replaceAll("\n", "\r\n"), "pass")).toEqual(contents);
});

test("a wrong passphrase is told from damage", async () => {
  const text = await sealBackup(contents, "right", cheap);
  await expect(openBackup(text, "wrong")).rejects.toMatchObject({ code: "signer/backup-locked" });
});

test("a backup of a later version is told from a broken one", async () => {
  const text = (await sealBackup(contents, "p", cheap)).replace('"version":1', '"version":2');
  await expect(openBackup(text, "p")).rejects.toMatchObject({ code: "signer/backup-version" });
});

test("whatever byte is cut off or changed, nothing of it is believed", async () => {
  const text = await sealBackup(contents, "right", cheap);
  await fc.assert(
    fc.asyncProperty(fc.nat(text.length - 2), fc.boolean(), async (at, cut) => {
      const other = text[at] === "A" ? "B" : "A";
      const changed = cut ? text.slice(0, at) : `${text.slice(0, at)}${other}${text.slice(at + 1)}`;
      await expect(openBackup(changed, "right")).rejects.toMatchObject({
        code: expect.stringMatching(/^signer\/backup-(?:unreadable|version)$/) as string,
      });
    }),
    { numRuns: 200 },
  );
});

test.for([
  "",
  "not a backup",
  '{"kind":"something else","version":1}\n',
  "-----BEGIN PRIVATE KEY-----\n",
])("%j is not a backup", async (text) => {
  await expect(openBackup(text, "p")).rejects.toMatchObject({ code: "signer/backup-unreadable" });
});
