import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { generateKeyPairSync } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parseCollectionName } from "#domain/oci";
import { collectBackup, restoreBackup, type Passphrases } from "#services/signer";
import { openTrustDirectory, type TrustDirectory } from "./index.ts";

const o = { signal: new AbortController().signal };
const gun = parseCollectionName("registry.test/acme/web");
const clock = (): number => 1_790_000_000_000;
const all = { rootOnly: false, locked: false };
const asItWas = { newPassphrases: false, replace: false };
const root = Buffer.from('{"signed":{"_type":"Root","version":1},"signatures":[]}');

type World = AsyncDisposable & {
  readonly path: (name: string) => string;
  readonly open: (name: string, passphrase?: string) => TrustDirectory;
};

async function world(): Promise<World> {
  const folder = await mkdtemp(join(tmpdir(), "countersign-backup-"));
  const path = (name: string): string => join(folder, name);
  return {
    path,
    open(name, passphrase) {
      const answer = (_key: unknown, attempt: number): Promise<string | undefined> =>
        Promise.resolve(attempt === 0 ? passphrase : undefined);
      const passphrases: Passphrases = { existing: answer, fresh: answer };
      return openTrustDirectory(path(name), { passphrases, clock });
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

const partsOf = ({ keys, pins }: TrustDirectory) => ({ keys, pins, clock });

test("all keys and pins come back, files and all, with their own passphrases", async () => {
  await using here = await world();
  const old = here.open("old", "old passphrase");
  const made = await old.keys.generate({ role: "root" }, o);
  const targets = await old.keys.generate({ role: "targets", gun }, o);
  const { privateKey } = generateKeyPairSync("ed25519");
  const pem = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  const [signer] = await old.keys.importPem(pem, { role: "alice" }, o);
  await old.memory.pin(gun, root, o);
  const contents = await collectBackup(partsOf(old), all, o);
  expect(contents.keys.map(({ role }) => role)).toEqual(["root", "alice", "targets"]);

  const fresh = here.open("new");
  const restored = await restoreBackup(partsOf(fresh), contents, asItWas, o);
  expect(restored.keys.map(({ outcome }) => outcome)).toEqual(["restored", "restored", "restored"]);
  expect(restored.pins).toEqual([{ gun, outcome: "restored" }]);
  for (const { id } of [made, targets, ...(signer === undefined ? [] : [signer])]) {
    const file = `private/${id}.key`;
    const [before, after] = [here.path(join("old", file)), here.path(join("new", file))];
    expect(await readFile(after, "utf8")).toBe(await readFile(before, "utf8"));
    expect((await here.open("new", "old passphrase").keys.open(id, o))?.id).toBe(id);
  }
  expect((await fresh.memory.recall(gun, o)).root).toEqual(root);
});

test("a key whose own passphrase is forgotten comes back under a new one", async () => {
  await using here = await world();
  const old = here.open("old", "forgotten soon");
  const { id } = await old.keys.generate({ role: "root" }, o);
  const contents = await collectBackup(partsOf(old), all, o);
  const again = here.open("old", "a new passphrase");
  const how = { newPassphrases: true, replace: true };
  const restored = await restoreBackup(partsOf(again), contents, how, o);
  expect(restored.keys).toMatchObject([{ outcome: "replaced" }]);
  expect((await here.open("old", "a new passphrase").keys.open(id, o))?.id).toBe(id);
});

test("what is held stays as it is", async () => {
  await using here = await world();
  const old = here.open("old", "old passphrase");
  const { id } = await old.keys.generate({ role: "root" }, o);
  await old.memory.pin(gun, root, o);
  const contents = await collectBackup(partsOf(old), all, o);
  await here.open("old", "old passphrase").keys.changePassphrase(id, o);
  const file = here.path(`old/private/${id}.key`);
  const before = await readFile(file, "utf8");
  const restored = await restoreBackup(partsOf(here.open("old")), contents, asItWas, o);
  expect(restored.keys).toMatchObject([{ outcome: "held" }]);
  expect(restored.pins).toEqual([{ gun, outcome: "held" }]);
  expect(await readFile(file, "utf8")).toBe(before);
});

test("a key that nobody can open is taken only when that is asked for", async () => {
  await using here = await world();
  const { id } = await here.open("old", "who knows").keys.generate({ role: "alice" }, o);
  const locked = partsOf(here.open("old"));
  await expect(collectBackup(locked, all, o)).rejects.toMatchObject({
    code: "signer/passphrase-wrong",
  });
  const contents = await collectBackup(locked, { ...all, locked: true }, o);
  expect(contents.keys).toMatchObject([{ id, role: "alice" }]);
  expect(contents.keys[0]?.opened).toBeUndefined();
  await restoreBackup(partsOf(here.open("new")), contents, asItWas, o);
  expect((await here.open("new", "who knows").keys.open(id, o))?.id).toBe(id);
});

test("a backup in which a key is another one brings nothing back", async () => {
  await using here = await world();
  const old = here.open("old", "p");
  await old.keys.generate({ role: "root" }, o);
  await old.keys.generate({ role: "root" }, o);
  const contents = await collectBackup(partsOf(old), all, o);
  const [first, second] = contents.keys;
  if (first?.opened === undefined || second?.opened === undefined) throw new Error("two keys");
  const swapped = { ...contents, keys: [{ ...first, opened: second.opened }, second] };
  const fresh = here.open("new", "p");
  await expect(restoreBackup(partsOf(fresh), swapped, asItWas, o)).rejects.toMatchObject({
    code: "signer/backup-unreadable",
  });
  expect(await fresh.keys.list(o)).toEqual([]);
});

test("which keys were backed up is noted beside them, and a broken note says nothing", async () => {
  await using here = await world();
  const directory = here.open("old", "p");
  expect(await directory.notes.backedUp(o)).toEqual(new Map());
  await directory.notes.note(["a1".repeat(32)], clock(), o);
  await directory.notes.note(["b2".repeat(32)], clock() + 1, o);
  expect(await here.open("old").notes.backedUp(o)).toEqual(
    new Map([
      ["a1".repeat(32), clock()],
      ["b2".repeat(32), clock() + 1],
    ]),
  );
  await writeFile(here.path("old/countersign/backed-up.json"), "{");
  expect(await directory.notes.backedUp(o)).toEqual(new Map());
});
