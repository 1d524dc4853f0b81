import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { createKeyVault, masterKeyOf } from "#adapters/pki";
import { openDatabase, sqlSealedKeyStore } from "#adapters/storage";
import { parseGun } from "#domain/oci";
import { commandLine, fixtureServer, samples } from "./testing/index.ts";

const o = { signal: new AbortController().signal };

/** A data directory with one server key in it. */
async function installation(data: string): Promise<void> {
  await mkdir(data);
  const bytes = randomBytes(32);
  await writeFile(join(data, "master.key"), bytes);
  const database = await openDatabase(join(data, "countersign.sqlite"));
  const vault = createKeyVault({ store: sqlSealedKeyStore(database), master: masterKeyOf(bytes) });
  await vault.pending(parseGun("registry.test/acme/web").gun, "timestamp", o);
  await database.destroy();
}

test("master-key rotate says what it does, and what to do with the old one", async () => {
  await using server = await fixtureServer({});
  await using cli = await commandLine(server);
  const data = join(cli.directory, "data");
  await installation(data);
  const env = { COUNTERSIGN_DATA: data };
  const old = await cli.run(["master-key", "show", "-q"], { env });
  const ran = await cli.run(["master-key", "rotate"], { env });
  expect(ran).toMatchObject({
    exitCode: 0,
    out:
      `every key (1) is sealed under the master key in ${data}/master.key\n` +
      `back up the new one, and destroy the old one: ${data}/master.key.previous\n`,
  });
  expect(ran.err).toContain("1 keys were opened again with it alone\n");
  const shown = await cli.run(["master-key", "show"], { env });
  expect(shown.out).toMatch(
    /^MASTER KEY +KEYS +SEALS NEW ONES +HERE\n[0-9a-f]{32} +1 +yes +yes\n$/,
  );
  expect(shown.out).not.toContain(old.out.trim());
  const master = await readFile(join(data, "master.key"));
  for (const text of [ran.out, ran.err, shown.out])
    for (const encoding of ["hex", "base64", "latin1"] as const)
      expect(text).not.toContain(master.toString(encoding));
});

test("trust accept-clock asks, and then takes the clock for right", async () => {
  await using server = await fixtureServer({});
  await using cli = await commandLine(server);
  const data = join(cli.directory, "data");
  await installation(data);
  const env = { COUNTERSIGN_DATA: data };
  const refused = await cli.run(["trust", "accept-clock"], { env, typed: ["n"] });
  expect(refused).toMatchObject({ exitCode: 1, out: "" });
  const ran = await cli.run(["trust", "accept-clock", "--yes"], { env });
  expect(ran).toMatchObject({ exitCode: 0 });
  expect(ran.out).toContain("nothing was signed yet");
  expect(ran.out).toContain("2027-01-15T08:00:00Z");
});

test("without an installation there is nothing to change, and nothing is made", async () => {
  await using server = await fixtureServer({});
  await using cli = await commandLine(server);
  const env = { COUNTERSIGN_DATA: join(cli.directory, "nowhere") };
  for (const args of [
    ["master-key", "rotate"],
    ["trust", "accept-clock", "--yes"],
  ]) {
    const ran = await cli.run(args, { env });
    expect(ran).toMatchObject({ exitCode: 1, out: "" });
    expect(ran.err).toContain("there is no database");
  }
  expect(existsSync(join(cli.directory, "nowhere"))).toBe(false);
});

test("status shows an admin what needs a look", async () => {
  const warnings = ["the root of localhost:8443/acme/web expired at 2026-06-11T00:00:00Z"];
  await using server = await fixtureServer({ status: { ...samples.status, warnings } });
  await using cli = await commandLine(server);
  const shown = await cli.run(["status"]);
  expect(shown.out.replaceAll(/\s+/g, " ")).toContain(`warning ${warnings[0]}`);
});
