import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createKeyVault, sealingUnder } from "#adapters/pki";
import { openDatabase, sqlRegistries, sqlSealedKeyStore } from "#adapters/storage";
import { parseAccountName } from "#domain/identity";
import { parseGun, parseRegistryHost, type Gun } from "#domain/oci";
import { certifiedKey } from "#domain/tuf/testing";
import { parsePinnedCa, parseTrustServerUrl, passwordPlace } from "#services/reader";
import { readConfig } from "./config.ts";
import { readMasterKeys } from "./master-keys.ts";
import { requireKeysToOpen } from "./open-vault.ts";
import { rotateMasterKey } from "./rotate-master-key.ts";
import { showMasterKeys } from "./show-master-keys.ts";

const o = { signal: new AbortController().signal };
const host = parseRegistryHost("other.test");
const keyCount = 230;
const guns = Array.from({ length: keyCount }, (_, i) => parseGun(`registry.test/acme/w${i}`).gun);

let data = "";
let ids = new Map<Gun, string>();
const env = () => ({ COUNTERSIGN_DATA: data });
const file = (name: string): string => join(data, name);

/** Opens the installation as a server does when it starts. */
async function installation(options: { isNew?: boolean; env?: Record<string, string> } = {}) {
  const config = readConfig({ ...env(), ...options.env });
  const keys = await readMasterKeys(config, { ...o, isNewInstallation: options.isNew === true });
  const database = await openDatabase(file("countersign.sqlite"));
  const store = sqlSealedKeyStore(database);
  const sealing = sealingUnder({ ...keys, chosen: (options_) => store.masterKey(options_) });
  return {
    ...{ config, keys, store, sealing, registries: sqlRegistries(database) },
    vault: createKeyVault({ store, ...keys }),
    require: () => requireKeysToOpen({ store, keys, config }, o),
    [Symbol.asyncDispose]: () => database.destroy(),
  };
}

/** That a server starts, and signs with every key it ever gave out. */
async function expectEveryKeyToOpen(how: { env?: Record<string, string> } = {}): Promise<void> {
  await using server = await installation(how);
  await server.require();
  for (const [gun, id] of ids)
    expect(await server.vault.signer(gun, "timestamp", id, o)).toBeDefined();
  const found = await server.registries.find(host, o);
  const password = await server.sealing.open(
    found?.sealedPassword ?? new Uint8Array(),
    passwordPlace(host),
    o,
  );
  expect(Buffer.from(password).toString()).toBe("their password");
}

const rotate = () => rotateMasterKey({ env: env(), told: () => undefined }, o);

beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), "countersign-master-key-"));
  ids = new Map();
  await using server = await installation({ isNew: true });
  await server.require();
  for (const gun of guns) ids.set(gun, (await server.vault.pending(gun, "timestamp", o)).id);
  const now = Date.now();
  const ca = await certifiedKey({ name: host, notBefore: now, notAfter: now + 86_400_000 });
  const sealedPassword = await server.sealing.seal(
    Buffer.from("their password"),
    passwordPlace(host),
    o,
  );
  await server.registries.add(
    {
      ...{ host, sealedPassword, username: "us", maxStaleSeconds: 0, addedAt: 1 },
      ca: parsePinnedCa(ca.pem),
      trustServer: parseTrustServerUrl("https://other.test"),
      addedBy: parseAccountName("admin"),
    },
    o,
  );
});
afterEach(() => rmSync(data, { recursive: true }));

describe("changing the master key", () => {
  test("leaves the old one of no use, and says so only then", async () => {
    const old = readFileSync(file("master.key"));
    const { masterKeys } = await showMasterKeys(env(), o);
    expect(masterKeys).toMatchObject([{ keys: keyCount, isChosen: true, isHere: true }]);
    const done = await rotate();
    expect(done).toMatchObject({ keys: keyCount, mustConfigure: false });
    expect(readFileSync(file("master.key.previous"))).toEqual(old);
    expect(statSync(file("master.key")).mode & 0o777).toBe(0o600);
    expect(statSync(file("master.key.previous")).mode & 0o777).toBe(0o600);
    rmSync(file("master.key.previous"));
    await expectEveryKeyToOpen();
    const after = await showMasterKeys(env(), o);
    expect(after.masterKeys).toEqual([
      { id: done.id, keys: keyCount, isChosen: true, isHere: true },
    ]);
    writeFileSync(file("master.key"), old);
    await expect(expectEveryKeyToOpen()).rejects.toMatchObject({ code: "server/config-invalid" });
  });

  test("killed at any step, it leaves every key openable, and is finished by the next run", async () => {
    const script = join(import.meta.dirname, "testing/rotate-and-die.ts");
    const steps = 8;
    for (let step = 1; step <= steps; step += 1) {
      const child = spawn(process.execPath, ["--conditions=source", script, data, String(step)], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      const [, signal] = (await once(child, "exit")) as [number | null, string | null];
      expect({ step, signal }).toEqual({ step, signal: "SIGKILL" });
      await expectEveryKeyToOpen();
      await freeLease();
      if (step % 2 === 0) await rotate(); // else the next child goes on where this one died
    }
    await rotate();
    rmSync(file("master.key.previous"));
    await expectEveryKeyToOpen();
    expect(readdirSync(data).filter((name) => name.startsWith("master.key"))).toEqual([
      "master.key",
    ]);
  });

  test("of two at once one is told to wait, and nothing is lost", async () => {
    const results = await Promise.allSettled([rotate(), rotate(), rotate()]);
    const refused = results.flatMap((result) =>
      result.status === "rejected" ? [result.reason as unknown] : [],
    );
    expect(refused.length).toBeLessThan(3);
    for (const reason of refused) expect(reason).toMatchObject({ code: "server/master-key-busy" });
    await expectEveryKeyToOpen();
  });

  test("a server that runs meanwhile goes on making keys and signing with them", async () => {
    await using server = await installation();
    await server.require();
    let isDone = false;
    const rotating = rotate().finally(() => (isDone = true));
    let made = 0;
    while (!isDone || made < 3) {
      const { gun } = parseGun(`registry.test/acme/meanwhile-${made}`);
      ids.set(gun, (await server.vault.pending(gun, "timestamp", o)).id);
      made += 1;
      await new Promise((resolve) => setImmediate(resolve));
    }
    const { id } = await rotating;
    rmSync(file("master.key.previous"));
    await expectEveryKeyToOpen();
    expect((await showMasterKeys(env(), o)).masterKeys).toMatchObject([
      { id, keys: keyCount + made },
    ]);
  });

  test("a key handed out by somebody else stays where it is", async () => {
    const next = file("handed-out.key");
    writeFileSync(next, randomBytes(32));
    const given = { COUNTERSIGN_NEXT_MASTER_KEY_FILE: next };
    const done = await rotateMasterKey({ env: { ...env(), ...given }, told: () => undefined }, o);
    expect(done).toMatchObject({ file: next, oldFile: file("master.key"), mustConfigure: true });
    await expectEveryKeyToOpen({ env: given });
    rmSync(file("master.key"));
    await expectEveryKeyToOpen({ env: { COUNTERSIGN_MASTER_KEY_FILE: next } });
    const text = readFileSync(next).toString("base64");
    await expectEveryKeyToOpen({ env: { COUNTERSIGN_MASTER_KEY: text } });
  });

  test("from a key in the environment it needs a file to go to", async () => {
    const text = readFileSync(file("master.key")).toString("base64");
    rmSync(file("master.key"));
    const given = { ...env(), COUNTERSIGN_MASTER_KEY: text };
    const told = (): void => undefined;
    await expect(rotateMasterKey({ env: given, told }, o)).rejects.toMatchObject({
      code: "server/config-invalid",
    });
    const next = file("next.key");
    writeFileSync(next, randomBytes(32));
    const both = { ...given, COUNTERSIGN_NEXT_MASTER_KEY_FILE: next };
    await rotateMasterKey({ env: both, told }, o);
    await expectEveryKeyToOpen({ env: { COUNTERSIGN_MASTER_KEY_FILE: next } });
  });

  test("without a database, or with a master key that is not the one, nothing is changed", async () => {
    await expect(
      rotateMasterKey({ env: { COUNTERSIGN_DATA: tmpdir() }, told: () => undefined }, o),
    ).rejects.toMatchObject({ code: "server/config-invalid" });
    const old = readFileSync(file("master.key"));
    writeFileSync(file("master.key"), randomBytes(32));
    await expect(rotate()).rejects.toMatchObject({ code: "trust/key-lost" });
    writeFileSync(file("master.key"), old);
    expect(existsSync(file("master.key.previous"))).toBe(false);
    await expectEveryKeyToOpen();
  });
});

/** Whoever dies holds the lease for half a minute more: here it is taken away. */
async function freeLease(): Promise<void> {
  const database = await openDatabase(file("countersign.sqlite"));
  await database.deleteFrom("trust_leases").execute();
  await database.destroy();
}
