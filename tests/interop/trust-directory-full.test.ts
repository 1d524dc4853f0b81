import { spawnSync } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openTrustDirectory, type DirectoryWarning } from "#adapters/trust-directory";
import { parseGun } from "#domain/oci";
import { rootRole, targetsRole } from "#domain/tuf";
import { testRepository } from "#domain/tuf/testing";
import { createReader } from "#services/reader";
import type { Change } from "#services/signer";

const o = { signal: AbortSignal.timeout(60_000) };
const { gun } = parseGun("registry.test/acme/web");
const secret = () => Promise.resolve("a long test passphrase");
const broken = { code: "signer/directory-broken" };
const now = 1_780_000_000_000;

/** A file system of a few pages, or none where this machine does not let us make one. */
async function smallDisk(): Promise<(AsyncDisposable & { readonly path: string }) | undefined> {
  const path = await mkdtemp(join(tmpdir(), "countersign-full-"));
  const { status } = spawnSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", path]);
  const remove = () => rm(path, { recursive: true, force: true });
  if (status !== 0) {
    await remove();
    return undefined;
  }
  return {
    path,
    async [Symbol.asyncDispose]() {
      spawnSync("umount", ["-l", path]);
      await remove();
    },
  };
}

const fill = async (path: string): Promise<void> => {
  await writeFile(join(path, "filler"), Buffer.alloc(1_048_576)).catch(() => undefined);
};
const add = (name: string): Change => ({
  kind: "target-add",
  role: targetsRole,
  name,
  target: { length: 1, sha256: "ab".repeat(32) },
});

describe.skipIf(process.getuid?.() !== 0)("a full disk", () => {
  test("loses nothing: what was there stays whole, and what does not fit is not there at all", async ({
    skip,
  }) => {
    await using disk = await smallDisk();
    if (disk === undefined) return skip("no file system can be mounted here");
    const warnings: DirectoryWarning[] = [];
    const open = () =>
      openTrustDirectory(join(disk.path, "trust"), {
        passphrases: { existing: secret, fresh: secret },
        clock: () => now,
        onWarning: (warning) => warnings.push(warning),
      });
    const { keys, local } = open();
    const held = await keys.generate({ role: "root" }, o);
    await local(gun).stage([add("kept")], o);
    await local(gun).writeFiles(new Map([[rootRole, new TextEncoder().encode("{}")]]), o);
    const before = await readFile(join(disk.path, "trust", "private", `${held.id}.key`));
    await fill(disk.path);

    await expect(keys.generate({ role: "targets", gun }, o)).rejects.toMatchObject(broken);
    await expect(keys.changePassphrase(held.id, o)).rejects.toMatchObject(broken);
    await expect(local(gun).stage([add("one"), add("two")], o)).rejects.toMatchObject(broken);
    const large = new Map([[rootRole, new Uint8Array(8_192)]]);
    await expect(local(gun).writeFiles(large, o)).rejects.toMatchObject(broken);

    expect((await open().keys.list(o)).map(({ id }) => id)).toEqual([held.id]);
    expect((await open().keys.open(held.id, o))?.id).toBe(held.id);
    expect(await readFile(join(disk.path, "trust", "private", `${held.id}.key`))).toEqual(before);
    expect(await open().local(gun).staged(o)).toMatchObject([{ change: { name: "kept" } }]);
    expect(Buffer.from((await open().local(gun).file(rootRole, o)) ?? []).toString()).toBe("{}");
    const all = await readdir(disk.path, { recursive: true });
    expect(all.filter((name) => name.endsWith(".partial"))).toEqual([]);

    // What is staged can be taken back, which takes no room; and a reading is good though it is not kept.
    const [staged] = await open().local(gun).staged(o);
    await local(gun).unstage([staged?.name ?? ""], o);
    const other = parseGun("registry.test/acme/other").gun;
    const repository = await testRepository(other, now);
    await repository.publish();
    const { memory, cache } = open();
    const reader = createReader({
      source: {
        current: (_gun, role) => Promise.resolve(repository.current.get(role)),
        byChecksum: (_gun, role, name) => Promise.resolve(repository.shelf.get(`${role}.${name}`)),
        byVersion: () => Promise.resolve(undefined),
      },
      memory,
      cache,
      clock: () => now,
    });
    await fill(disk.path);
    expect(await reader.read(other, o)).toMatchObject({ kind: "verified" });
    expect(warnings.map(({ file }) => file)).toContain(`tuf/${other}`);
  });
});
