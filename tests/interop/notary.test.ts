import { spawn } from "node:child_process";
import { createHash, generateKeyPairSync } from "node:crypto";
import { accessSync, constants, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { describe, expect, test } from "vitest";
import { parseGun } from "#domain/oci";
import { publicKeyFromPem, rootRole, snapshotRole, timestampRole } from "#domain/tuf";
import { notaryAuth, openTrustLab, type TrustLab } from "./trust-lab.ts";

const isInstalled = (process.env["PATH"] ?? "").split(delimiter).some((directory) => {
  try {
    accessSync(join(directory, "notary"), constants.X_OK);
    return true;
  } catch {
    return false;
  }
});
const isRequired = process.env["CI"] === "true";
const passphrase = "a long test passphrase";
const signal = AbortSignal.timeout(120_000);

type Ran = { readonly status: number | null; readonly output: string };

/** One person with a trust directory of their own, using the real client. */
function person(lab: TrustLab, name: string): (...args: readonly string[]) => Promise<Ran> {
  const home = join(lab.directory, name);
  mkdirSync(home, { recursive: true });
  return (...args) =>
    new Promise((resolve, reject) => {
      const child = spawn(
        "notary",
        ["-s", lab.url, "--tlscacert", lab.caFile, "-d", join(home, "trust"), ...args],
        {
          env: {
            PATH: process.env["PATH"],
            HOME: home,
            NOTARY_AUTH: notaryAuth,
            NOTARY_ROOT_PASSPHRASE: passphrase,
            NOTARY_TARGETS_PASSPHRASE: passphrase,
            NOTARY_SNAPSHOT_PASSPHRASE: passphrase,
            NOTARY_DELEGATION_PASSPHRASE: passphrase,
          },
          stdio: ["ignore", "pipe", "pipe"],
          timeout: 60_000,
        },
      );
      let output = "";
      for (const stream of [child.stdout, child.stderr])
        stream.setEncoding("utf8").on("data", (text: string) => (output += text));
      child.once("error", reject);
      child.once("close", (status) => resolve({ status, output }));
    });
}

async function succeed(run: Promise<Ran>): Promise<string> {
  const { status, output } = await run;
  expect(output).not.toContain("fatal");
  expect(status).toBe(0);
  return output;
}

/** Makes a signing key and imports it; gives the file of its public half. */
async function newKey(notary: ReturnType<typeof person>, base: string): Promise<string> {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  writeFileSync(`${base}.pem`, publicKey.export({ type: "spki", format: "pem" }));
  const secret = privateKey.export({ type: "pkcs8", format: "pem" });
  writeFileSync(`${base}-key.pem`, secret, { mode: 0o600 });
  await succeed(notary("key", "import", `${base}-key.pem`, "-r", "delegation"));
  return `${base}.pem`;
}

describe.skipIf(!isInstalled && !isRequired)("the notary client of Debian", () => {
  test("initialises, delegates, signs, lists, witnesses and removes; the reader verifies all of it", async () => {
    await using lab = await openTrustLab();
    const owner = person(lab, "owner");
    const bob = person(lab, "bob");
    const { gun } = parseGun(`${lab.registryHost}/acme/web`);
    const image = join(lab.directory, "manifest.json");
    writeFileSync(image, "a manifest");
    const sha256 = createHash("sha256").update("a manifest").digest("hex");

    await succeed(owner("init", gun, "-p"));
    await succeed(owner("key", "rotate", gun, "snapshot", "-r"));
    const fresh = await lab.reader.read(gun, { signal });
    expect(fresh).toMatchObject({ kind: "verified", rootVersion: 2 });

    const bobPem = await newKey(bob, join(lab.directory, "bob"));
    await succeed(owner("delegation", "add", gun, "targets/releases", bobPem, "--all-paths"));
    await succeed(owner("delegation", "add", gun, "targets/qa", bobPem, "--paths", "rc/,1", "-p"));
    expect(await succeed(owner("delegation", "list", gun))).toMatch(/targets\/qa/);

    await succeed(bob("add", gun, "1.0", image, "-r", "targets/releases,targets/qa", "-p"));
    await succeed(owner("add", gun, "base <&>", image, "-p"));
    const listed = await succeed(owner("list", gun));
    expect(listed).toMatch(new RegExp(`1\\.0\\s+${sha256}\\s+10\\s+targets/`));

    const { fingerprint } = publicKeyFromPem(readFileSync(bobPem, "utf8")).material;
    const reading = await lab.reader.read(gun, { signal });
    if (reading.kind !== "verified") throw new Error(JSON.stringify(reading));
    expect(reading.roles.map(({ name, state }) => [name, state.kind])).toEqual([
      ["targets", "valid"],
      ["targets/releases", "valid"],
      ["targets/qa", "valid"],
    ]);
    const [base, releases, qa] = reading.roles;
    expect(base?.targets.get("base <&>")).toEqual({ sha256, length: 10 });
    for (const role of [releases, qa]) {
      expect(role?.signedBy).toEqual([fingerprint]);
      expect(role?.targets.get("1.0")).toEqual({ sha256, length: 10 });
    }
    expect(await lab.reader.read(gun, { signal })).toBe(reading);

    await succeed(bob("witness", gun, "targets/qa", "-p"));
    await succeed(bob("remove", gun, "1.0", "-r", "targets/qa", "-p"));
    const after = await lab.reader.read(gun, { signal });
    if (after.kind !== "verified") throw new Error(JSON.stringify(after));
    expect(after.roles[2]?.version).toBe((qa?.version ?? 0) + 2);
    expect(after.roles[2]?.targets.size).toBe(0);
    expect(await succeed(owner("list", gun, "-r", "targets/qa"))).toContain("No targets present");
  });

  test("rotates every key, and a reader that fell behind follows root by root", async () => {
    await using lab = await openTrustLab();
    const owner = person(lab, "owner");
    const { gun } = parseGun(`${lab.registryHost}/acme/rotated`);
    await succeed(owner("init", gun, "-p"));
    expect(await lab.reader.read(gun, { signal })).toMatchObject({ rootVersion: 1 });
    await succeed(owner("key", "rotate", gun, "snapshot", "-r"));
    await succeed(owner("key", "rotate", gun, "timestamp", "-r"));
    await succeed(owner("key", "rotate", gun, "targets"));
    await succeed(owner("key", "rotate", gun, "snapshot"));
    await succeed(owner("key", "rotate", gun, "snapshot", "-r"));
    expect(await lab.reader.read(gun, { signal })).toMatchObject({
      kind: "verified",
      rootVersion: 6,
    });
    expect(await succeed(owner("list", gun))).toContain("No targets present");
  });

  test("a delegation that was removed can be added again and begins anew", async () => {
    await using lab = await openTrustLab();
    const owner = person(lab, "owner");
    const { gun } = parseGun(`${lab.registryHost}/acme/again`);
    const file = join(lab.directory, "file");
    writeFileSync(file, "content");
    await succeed(owner("init", gun, "-p"));
    await succeed(owner("key", "rotate", gun, "snapshot", "-r"));
    const pem = await newKey(owner, join(lab.directory, "qa"));
    await succeed(owner("delegation", "add", gun, "targets/qa", pem, "--all-paths", "-p"));
    await succeed(owner("add", gun, "old", file, "-r", "targets/qa", "-p"));
    await succeed(owner("add", gun, "older", file, "-r", "targets/qa", "-p"));
    expect(await lab.reader.read(gun, { signal })).toMatchObject({ kind: "verified" });
    await succeed(owner("delegation", "remove", gun, "targets/qa", "-y", "-p"));
    expect(await lab.reader.read(gun, { signal })).toMatchObject({ roles: [{ name: "targets" }] });
    await succeed(owner("delegation", "add", gun, "targets/qa", pem, "--all-paths", "-p"));
    expect(await succeed(owner("list", gun))).toContain("No targets present");
    await succeed(owner("add", gun, "new", file, "-r", "targets/qa", "-p"));
    const reading = await lab.reader.read(gun, { signal });
    if (reading.kind !== "verified") throw new Error(JSON.stringify(reading));
    expect(reading.roles[1]).toMatchObject({ name: "targets/qa", version: 1 });
    expect([...(reading.roles[1]?.targets.keys() ?? [])]).toEqual(["new"]);
    expect(await succeed(owner("list", gun))).toMatch(/^new\s/m);
  });

  test("is told in its own words what is wrong", async () => {
    await using lab = await openTrustLab();
    const owner = person(lab, "owner");
    const other = await owner("init", "elsewhere.test/acme/web", "-p");
    expect(other).toMatchObject({ status: 1 });
    const { gun } = parseGun(`${lab.registryHost}/acme/twice`);
    await succeed(owner("init", gun, "-p"));
    const second = await person(lab, "second")("init", gun, "-p");
    expect(second.output).toContain("could not rotate trust to a new trusted root");
    await succeed(owner("delete", gun, "--remote"));
    const gone = await person(lab, "third")("list", gun);
    expect(gone.output).toContain("does not have trust data");
    expect(await lab.reader.read(gun, { signal })).toEqual({ kind: "absent" });
    const o = { signal };
    for (const role of [rootRole, snapshotRole, timestampRole])
      expect(await lab.trust.current(gun, role, o)).toBeUndefined();
  });
});
