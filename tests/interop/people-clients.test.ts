import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { strFromU8, unzipSync } from "fflate";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findPeer } from "../harness/peers.ts";
import { mustRun } from "../harness/peers-run.ts";
import { openPeopleLab, type PeopleLab, type Person } from "./people-lab.ts";

const isHere = findPeer("notary") !== undefined && findPeer("docker") !== undefined;

/** One trust directory, three programs. */
describe.skipIf(!isHere)("what we write, the Go clients read, and the reverse", () => {
  let lab: PeopleLab;
  let alice: Person;
  const notary = (who: Person, ...args: readonly string[]): Promise<string> =>
    mustRun(
      "notary",
      ["-s", lab.server.ui, "--tlscacert", lab.server.caFile, "-d", who.trustDirectory, ...args],
      { env: who.env, input: "yes\n" },
    );
  const docker = (who: Person, ...args: readonly string[]): Promise<string> =>
    mustRun(findPeer("docker") ?? "docker", args, { env: who.env });

  beforeAll(async () => {
    lab = await openPeopleLab();
    alice = await lab.person("alice");
  }, 120_000);
  afterAll(async () => {
    await lab[Symbol.asyncDispose]();
  });

  test("what sign published, notary lists and docker inspects", async () => {
    const digest = await lab.push("acme/web", "1", "web one");
    await alice.json(["sign", "acme/web:1", "--yes"]);
    const gun = `${lab.host}/acme/web`;
    expect(await notary(alice, "list", gun)).toContain(digest.slice("sha256:".length));
    expect(await notary(alice, "delegation", "list", gun)).toContain("targets/alice");
    const inspected = await docker(alice, "trust", "inspect", `${gun}:1`);
    expect(inspected).toContain('"Signers": [\n                    "alice"\n                ]');
    expect(await notary(alice, "key", "list")).toContain("root");
  });

  test("what notary and docker published, verify, inspect and log read", async () => {
    const gun = `${lab.host}/acme/api`;
    const digest = await lab.push("acme/api", "1", "api one");
    const manifest = digest.slice("sha256:".length);
    await notary(alice, "init", gun, "--publish");
    await notary(alice, "addhash", gun, "1", "500", "--sha256", manifest, "--publish");
    expect(await alice.json(["verify", "acme/api:1"])).toMatchObject({
      state: "signed",
      digest,
      roles: [{ name: "targets" }],
    });
    expect(await alice.json(["log", "acme/api"])).toMatchObject([
      { kind: "published", tags: [{ tag: "1", change: "added", sha256: manifest }] },
      { kind: "published", roles: [{ role: "root" }, { role: "targets" }] },
    ]);
    // The owner at docker's side now signs with our command: the role and releases are made.
    await alice.json(["sign", "acme/api:1"]);
    expect(await docker(alice, "trust", "inspect", `${gun}:1`)).toContain('"alice"');
    // docker leaves the tag in targets; we take it out wherever a key is held.
    await alice.json(["revoke", "acme/api:1", "--yes"]);
    expect(await notary(alice, "list", gun)).not.toContain(manifest);
    expect((await alice.run(["verify", "acme/api:1"])).exitCode).toBe(3);
  });

  test("the key of a client bundle signs once it is imported", async () => {
    const carol = await lab.person("carol");
    const file = join(carol.home, "key.pem");
    await writeFile(file, await keyOfNewBundle(lab, "carol"));
    await alice.json(["signer", "add", "acme/web", "carol", "--yes"]);
    expect((await carol.run(["key", "import", file])).exitCode).toBe(0);
    const { exitCode, err } = await carol.run(["sign", "acme/web:1"]);
    expect(exitCode).toBe(1); // carol may sign, but has no right to publish
    expect(err).toContain("carol has no right to publish to acme/web");
  });

  test("with a key from a file nothing is written where nothing can be", async () => {
    const key = await keyOfNewBundle(lab, "bob");
    const bob = await lab.person("bob");
    await alice.json(["signer", "add", "acme/web", "bob", "--yes"]);
    const env = {
      COUNTERSIGN_KEY: key,
      COUNTERSIGN_TRUST_DIR: join(bob.home, ".docker/config.json/trust"),
      COUNTERSIGN_PASSPHRASE: "",
    };
    const signed = await bob.run(["sign", "acme/web:1", "--require-admitted"], { env });
    expect(signed).toMatchObject({ exitCode: 0, err: "" });
    expect(signed.out).toContain("targets/bob");
    expect(await readdir(join(bob.home, ".docker"))).not.toContain("trust");
    const beginning = await bob.run(["sign", "acme/other:1"], { env });
    expect(beginning.exitCode).toBe(1);
    await lab.push("acme/other", "1", "other");
    const nowhere = await bob.run(["sign", "acme/other:1"], { env });
    expect(nowhere).toMatchObject({ exitCode: 1, out: "" });
    expect(nowhere.err).toContain("a new key needs it");
  });
});

async function keyOfNewBundle(lab: PeopleLab, user: string): Promise<string> {
  const asked = { params: { user }, body: { label: "ci" } };
  const { bundle } = await lab.admin("createBundle", asked);
  const files = unzipSync(Buffer.from(bundle.base64, "base64"));
  return strFromU8(files["key.pem"] ?? new Uint8Array());
}
