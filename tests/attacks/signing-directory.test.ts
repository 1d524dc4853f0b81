import { createPrivateKey, generateKeyPairSync } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openTrustDirectory, type TrustDirectory } from "#adapters/trust-directory";
import { parseCollectionName, parseGun } from "#domain/oci";
import { rootRole, targetsRole } from "#domain/tuf";
import type { Change } from "#services/signer";

const o = { signal: AbortSignal.timeout(60_000) };
const { gun } = parseGun("registry.test/acme/web");
let top: string;
let outside: string;
let directory: TrustDirectory;
beforeEach(async () => {
  top = await mkdtemp(join(tmpdir(), "countersign-directory-"));
  outside = join(top, "outside");
  await mkdir(outside);
  await writeFile(join(outside, "precious"), "precious");
  directory = openTrustDirectory(join(top, "trust"), {
    clock: () => 0,
    passphrases: {
      existing: () => Promise.resolve("a long passphrase"),
      fresh: () => Promise.resolve("a long passphrase"),
    },
  });
});
afterEach(() => rm(top, { recursive: true, force: true }));

const change = (name: string): Change => ({
  kind: "target-add",
  role: targetsRole,
  name,
  target: { sha256: "5e".repeat(32), length: 5 },
});

async function link(path: string, target = join(outside, "precious")): Promise<void> {
  const from = join(top, "trust", path);
  await mkdir(dirname(from), { recursive: true });
  await symlink(target, from);
}

/** What lies outside, by name. */
const lyingOutside = async (): Promise<readonly string[]> =>
  await Promise.all(
    (await readdir(outside)).map(
      async (name) => `${name}: ${await readFile(join(outside, name), "utf8")}`,
    ),
  );
const untouched = ["precious: precious"];

test("a link in the place of a file is replaced, and nothing is written or deleted where it leads", async () => {
  const home = `tuf/${gun}`;
  await link(`${home}/metadata/root.json`);
  await link(`${home}/metadata/targets.json`);
  await link(`${home}/changelist/00000000000000000001_x.change`);
  await link("countersign/backed-up.json");
  const local = directory.local(gun);
  await local.writeFiles(
    new Map([
      [rootRole, Buffer.from("{}")],
      [targetsRole, Buffer.from("{}")],
    ]),
    o,
  );
  await directory.notes.note(["ab".repeat(32)], 1, o);
  expect(await lyingOutside()).toEqual(untouched);
  await local.stage([change("1")], o);
  await local.removeAll(o);
  expect(await lyingOutside()).toEqual(untouched);
});

test.for(["precious", "new"])(
  "a link in the place of the lock is not followed, to %s",
  async (name) => {
    await link(`tuf/${gun}/publish.lock`, join(outside, name));
    await expect(directory.lock(gun, { ...o, waitMs: 0 })).rejects.toMatchObject({
      code: "signer/directory-broken",
    });
    expect(await lyingOutside()).toEqual(untouched);
  },
);

test("a key file that holds another key signs nothing, whatever its name and headers say", async () => {
  const key = await directory.keys.generate({ role: "root" }, o);
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const body = createPrivateKey(privateKey.export({ type: "pkcs8", format: "pem" }))
    .export({ type: "pkcs8", format: "der" })
    .toString("base64");
  const file = join(top, "trust", "private", `${key.id}.key`);
  const headers = `gun: ${gun}\nrole: root\npath: ${key.id}\n`;
  await writeFile(
    file,
    `-----BEGIN PRIVATE KEY-----\n${headers}\n${body}\n-----END PRIVATE KEY-----\n`,
  );
  const again = openTrustDirectory(join(top, "trust"), {
    clock: () => 0,
    passphrases: {
      existing: () => Promise.resolve(undefined),
      fresh: () => Promise.resolve(undefined),
    },
  });
  await expect(again.keys.open(key.id, o)).rejects.toMatchObject({ code: "signer/key-unsuitable" });
});

test("what another process stages while changes are read or cleared is neither lost nor cleared", async () => {
  const other = openTrustDirectory(join(top, "trust"), {
    clock: () => 0,
    passphrases: {
      existing: () => Promise.resolve(undefined),
      fresh: () => Promise.resolve(undefined),
    },
  });
  const [ours, theirs] = [directory.local(gun), other.local(gun)];
  let isStaging = true;
  const stager = (async () => {
    for (let at = 0; at < 40; at += 1) await theirs.stage([change(`${at}`)], o);
  })().finally(() => (isStaging = false));
  const names = new Set<string>();
  const clear = async (): Promise<void> => {
    const staged = await ours.staged(o);
    for (const { change: one } of staged) if ("name" in one) names.add(one.name);
    await ours.unstage(
      staged.map(({ name }) => name),
      o,
    );
  };
  while (isStaging) await clear();
  await stager;
  await clear();
  expect(names.size).toBe(40);
  expect(await ours.staged(o)).toEqual([]);
});

test.for([
  "../x",
  "a/../../x",
  "a/..",
  "/etc",
  "a//b",
  "a/./b",
  "a\0b",
  "a\nb",
  "a%2f..%2fb?c",
  "x".repeat(300),
  "a/b#c",
  "a b",
])("a collection of the name %j has no folder, because there is none", (name) => {
  expect(() => parseCollectionName(name)).toThrow(
    expect.objectContaining({ code: "oci/repository-invalid" }),
  );
});
