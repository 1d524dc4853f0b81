import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { backup, DatabaseSync } from "node:sqlite";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { builtCommand } from "../harness/built.ts";
import { missing } from "../harness/peers.ts";
import { runPeer, type Ran } from "../harness/peers-run.ts";
import { startServer, type ServerUnderTest } from "../harness/server.ts";

const cli = builtCommand("countersign");
const passphrase = "a long passphrase";

let server: ServerUnderTest;
let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "countersign-backup-"));
  server = await startServer();
});
afterEach(async () => {
  await server[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

async function succeed(running: Promise<Ran>): Promise<string> {
  const ran = await running;
  expect(ran).toMatchObject({ exitCode: 0 });
  return ran.out;
}

const countersign = (...args: readonly string[]): Promise<Ran> =>
  runPeer(process.execPath, [cli, ...args], {
    cwd: folder,
    env: {
      HOME: folder,
      COUNTERSIGN_SERVER: server.ui,
      COUNTERSIGN_CA: server.caFile,
      COUNTERSIGN_PASSWORD: server.adminPassword,
    },
  });

/** The real client; each name has a trust directory of its own. */
async function notary(name: string, ...args: readonly string[]): Promise<Ran> {
  const home = join(folder, name);
  await mkdir(home, { recursive: true });
  const where = ["-s", server.ui, "--tlscacert", server.caFile, "-d", join(home, "trust")];
  return await runPeer("notary", [...where, ...args], {
    env: {
      HOME: home,
      NOTARY_AUTH: Buffer.from(`admin:${server.adminPassword}`).toString("base64"),
      NOTARY_ROOT_PASSPHRASE: passphrase,
      NOTARY_TARGETS_PASSPHRASE: passphrase,
      NOTARY_SNAPSHOT_PASSPHRASE: passphrase,
    },
  });
}

/** An installation in use: people, a policy, a signed repository that was judged. */
async function inUse(): Promise<string> {
  const repository = `${server.registryHost}/acme/web`;
  await succeed(countersign("login", "admin"));
  await succeed(countersign("org", "create", "acme"));
  await succeed(countersign("team", "create", "acme/qa"));
  await succeed(countersign("policy", "set", "--mode", "enforce", "--require", "acme/qa", "--yes"));
  await succeed(notary("owner", "init", "-p", repository));
  await succeed(notary("owner", "key", "rotate", repository, "snapshot", "--server-managed"));
  await publish(repository, "before");
  expect(await succeed(notary("reader", "list", repository))).toContain("before");
  expect((await countersign("why", `${repository}:before`)).exitCode).toBe(3);
  expect(seen()).toBeGreaterThan(2);
  return repository;
}

const publish = (repository: string, tag: string): Promise<string> =>
  succeed(notary("owner", "addhash", "-p", repository, tag, "100", "--sha256", "5e".repeat(32)));

/** How many roles are remembered against rollback. */
function seen(): number {
  const database = new DatabaseSync(join(server.data, "countersign.sqlite"), { readOnly: true });
  try {
    return Number(database.prepare("select count(*) as roles from trust_seen").get()?.["roles"]);
  } finally {
    database.close();
  }
}

/** The machine is lost; what the backup holds is put in place on a new one. */
async function restoreFrom(copy: string): Promise<void> {
  for (const name of await readdir(server.data))
    await rm(join(server.data, name), { recursive: true });
  await cp(copy, server.data, { recursive: true });
  await server.start();
}

/** Keys, policy, people and trust data are as they were; old clients and new ones see nothing wrong. */
async function expectAllIsThere(repository: string): Promise<void> {
  expect(await succeed(countersign("policy", "get"))).toMatch(/enforce[^]*acme\/qa/);
  expect(await succeed(countersign("team", "list", "-q"))).toBe("acme/qa\n");
  expect(await succeed(notary("reader", "list", repository))).toContain("before");
  expect(await succeed(notary("newcomer", "list", repository))).toContain("before");
  expect((await countersign("why", `${repository}:before`)).exitCode).toBe(3);
  expect(seen()).toBeGreaterThan(2);
  await publish(repository, "after");
  for (const name of ["reader", "newcomer", "owner"])
    expect(await succeed(notary(name, "list", repository))).toContain("after");
  const status = await succeed(countersign("status", "--format", "json"));
  expect(JSON.parse(status)).toMatchObject({ warnings: [] });
}

describe.skipIf(missing("notary"))("a backup", () => {
  test("of the stopped data directory restores everything", async () => {
    const repository = await inUse();
    await server.stop();
    const copy = join(folder, "copy");
    await cp(server.data, copy, { recursive: true });
    await restoreFrom(copy);
    expect(existsSync(server.caFile)).toBe(true);
    await expectAllIsThere(repository);
  });

  test("taken with SQLite's own backup while the server runs restores everything", async () => {
    const repository = await inUse();
    const copy = join(folder, "copy");
    await mkdir(copy);
    const running = new DatabaseSync(join(server.data, "countersign.sqlite"), { readOnly: true });
    await backup(running, join(copy, "countersign.sqlite"));
    running.close();
    for (const name of ["blobs", "pki", "master.key"])
      await cp(join(server.data, name), join(copy, name), { recursive: true });
    await server.kill9();
    await restoreFrom(copy);
    expect(existsSync(server.caFile)).toBe(true);
    await expectAllIsThere(repository);
  });

  test("without its master key does not start, and says what is missing", async () => {
    await inUse();
    await server.stop();
    const copy = join(folder, "copy");
    await cp(server.data, copy, { recursive: true });
    await rm(join(copy, "master.key"));
    await expect(restoreFrom(copy)).rejects.toThrow(/the master key .* is gone: restore it/);
  });

  test("from before the master key was changed needs the key of its time", async () => {
    const repository = await inUse();
    await server.stop();
    const copy = join(folder, "copy");
    await cp(server.data, copy, { recursive: true });
    await cp(join(copy, "master.key"), join(folder, "old.key"));
    const env = { COUNTERSIGN_DATA: server.data };
    const rotated = await runPeer(process.execPath, [cli, "master-key", "rotate"], { env });
    expect(rotated).toMatchObject({ exitCode: 0 });
    await cp(join(server.data, "master.key"), join(copy, "master.key"));
    await expect(restoreFrom(copy)).rejects.toThrow(/do not open: the master key .* is not here/);
    await cp(join(folder, "old.key"), join(copy, "master.key.previous"));
    await restoreFrom(copy);
    await expectAllIsThere(repository);
  });

  test("older than what clients have seen is brought ahead of it", async () => {
    const repository = await inUse();
    await server.stop();
    const copy = join(folder, "copy");
    await cp(server.data, copy, { recursive: true });
    // What happens until the machine is lost: timestamps and snapshots are signed again, and read.
    const env = { COUNTERSIGN_DATA: server.data, COUNTERSIGN_HOST: server.registryHost };
    for (let time = 0; time < 3; time += 1)
      await succeed(runPeer(process.execPath, [cli, "trust", "renew"], { env }));
    await server.start();
    expect(await succeed(notary("reader", "list", repository))).toContain("before");
    await server.stop();
    await restoreFrom(copy);
    const refused = await notary("reader", "list", repository);
    expect(refused.exitCode).not.toBe(0);
    const renewed = await runPeer(
      process.execPath,
      [cli, "trust", "renew", "--skip-versions", "1000"],
      { env },
    );
    expect(renewed).toMatchObject({ exitCode: 0, out: "1 repository signed anew\n" });
    await expectAllIsThere(repository);
  });
});
