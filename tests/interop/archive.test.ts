import { generateKeyPairSync } from "node:crypto";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { run } from "#apps/cli";
import { certifiedKey } from "#domain/tuf/testing";
import { startServerPair, type ServerPair } from "../harness/notary-server-pair.ts";
import { missing } from "../harness/peers.ts";
import { mustRun, runPeer, type Ran } from "../harness/peers-run.ts";

const gun = "registry.test/acme/web";
const passphrase = "a long test passphrase";
const day = 86_400_000;

describe.skipIf(missing("notary", "notary-server"))("an archive of what Go's client made", () => {
  let pair: ServerPair;
  let directory = "";
  beforeAll(async () => {
    pair = await startServerPair();
    directory = await mkdtemp(join(tmpdir(), "countersign-archive-"));
    for (const which of ["go", "ours"] as const) await livedIn(which);
  }, 120_000);
  afterAll(async () => {
    await pair[Symbol.asyncDispose]();
    await rm(directory, { recursive: true, force: true });
  });

  const notary = (
    home: string,
    url: string,
    caFile = pair.caFile,
  ): ((...args: readonly string[]) => Promise<Ran>) => {
    const words = ["ROOT", "TARGETS", "SNAPSHOT", "DELEGATION"] as const;
    const secrets = words.map((word) => [`NOTARY_${word}_PASSPHRASE`, passphrase]);
    const env = { HOME: home, ...(Object.fromEntries(secrets) as Record<string, string>) };
    const base = ["-s", url, "--tlscacert", caFile, "-d", join(home, "trust")];
    return (...args) => runPeer("notary", [...base, ...args], { env, input: "yes\n" });
  };

  /** Every kind of change that leaves something behind: rotated roots, a removed role, several versions. */
  async function livedIn(which: "go" | "ours"): Promise<void> {
    const home = join(directory, `owner-${which}`);
    await mkdir(home, { recursive: true });
    const client = notary(home, pair[which].url);
    const succeed = async (...args: readonly string[]): Promise<void> => {
      const { exitCode, out, err } = await client(...args);
      if (exitCode !== 0) throw new Error(`notary ${args.join(" ")}: ${out}${err}`);
    };
    const image = join(home, "image");
    await writeFile(image, "an image");
    const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const pem = join(home, "bob.pem");
    await writeFile(pem, publicKey.export({ type: "spki", format: "pem" }));
    const secret = privateKey.export({ type: "pkcs8", format: "pem" });
    await writeFile(join(home, "bob-key.pem"), secret, { mode: 0o600 });
    await succeed("key", "import", join(home, "bob-key.pem"), "-r", "delegation");
    await succeed("init", gun, "-p");
    await succeed("key", "rotate", gun, "snapshot", "-r");
    for (const role of ["targets/releases", "targets/qa"])
      await succeed("delegation", "add", gun, role, pem, "--all-paths");
    await succeed("publish", gun);
    await succeed("add", gun, "1.0", image, "-r", "targets/releases,targets/qa", "-p");
    await succeed("key", "rotate", gun, "root");
    await succeed("delegation", "remove", gun, "targets/qa", "-y", "-p");
    await succeed("add", gun, "base", image, "-p");
  }

  type How = { readonly laterDays?: number; readonly input?: string };
  const countersign = async (args: readonly string[], how: How = {}): Promise<Ran> => {
    let [out, err] = ["", ""];
    const exitCode = await run(args, {
      env: {},
      workingDirectory: directory,
      homeDirectory: directory,
      clock: () => Date.now() + (how.laterDays ?? 0) * day,
      out: (text) => (out += text),
      err: (text) => (err += text),
      terminal: {
        canAsk: false,
        takesColour: false,
        ask: () => Promise.resolve(""),
        askSecret: () => Promise.resolve(""),
        readInput: () => Promise.resolve(how.input ?? ""),
      },
    });
    return { exitCode, out, err };
  };
  const at = (which: "go" | "ours"): readonly string[] => [
    ...["--server", pair[which].url],
    ...["--ca", pair.caFile],
  ];

  test.for(["go", "ours"] as const)("is whole, verifies and shows (%s)", async (which) => {
    const file = `${which}.zip`;
    const made = await countersign(["archive", gun, ...at(which), "-o", file]);
    expect(made).toMatchObject({ exitCode: 0 });
    expect(made.err).toBe(`[1/1] ${gun}: 3 roots, 2 tags\n`);
    expect(await countersign(["archive", "verify", file])).toMatchObject({ exitCode: 0, err: "" });
    const shown = await countersign(["archive", "show", file, "--format", "json"]);
    const [read] = JSON.parse(shown.out) as [Record<string, unknown>];
    expect(read).toMatchObject({
      repository: gun,
      server: pair[which].url,
      isSound: true,
      isFresh: true,
      roots: { versions: [1, 2, 3], missing: [], breaks: [] },
      tags: [
        { name: "1.0", roles: ["targets/releases"] },
        { name: "base", roles: ["targets"] },
      ],
    });
    const text = await countersign(["archive", "show", file]);
    // Go's server goes on naming a role that was removed, ours does not.
    const removed = /1 .*not delegated any more +targets\/qa/;
    expect(removed.test(text.out)).toBe(which === "go");
    expect(Math.max(...text.out.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
    // Anybody's tool opens it.
    if (!missing("python3"))
      expect(await mustRun("python3", ["-m", "zipfile", "-t", join(directory, file)])).toContain(
        "Done testing",
      );
  });

  test("is read after everything in it has expired, and is marked", async () => {
    await countersign(["archive", gun, ...at("go"), "-o", "old.zip"]);
    for (const laterDays of [20, 4_000]) {
      const late = await countersign(["archive", "verify", "old.zip"], { laterDays });
      expect(late).toMatchObject({ exitCode: 0 });
      expect(late.out).toContain("sound, expired");
      const shown = await countersign(["archive", "show", "old.zip"], { laterDays });
      expect(shown.out).toMatch(/now +not to be trusted: \w+ expired at/);
      expect(shown.out).toContain("1.0  targets/releases");
    }
  });

  test("takes many repositories, tells each and fails when one does", async () => {
    const list = `# the ones we use\n${gun}   # web\n\nregistry.test/acme/none\n`;
    const args = ["archive", "--all-from", "-", ...at("ours"), "-o", "many.zip"];
    const ran = await countersign(args, { input: list });
    expect(ran).toMatchObject({ exitCode: 1 });
    expect(ran.err).toContain("acme/none: failed: the server has no trust data for it");
    expect(ran.err).toContain("error: 1 of 2 repositories could not be archived");
    expect(ran.out).toContain("1 of 2");
    const again = await countersign([...args, "--missing"], { input: list });
    expect(again.err).toContain("[1/1] registry.test/acme/none");
    const other = await countersign(["archive", gun, ...at("go"), "-o", "many.zip"]);
    expect(other).toMatchObject({ exitCode: 1 });
    expect(other.err).toContain("it is not the repository that is in the archive");
    expect(await countersign(["archive", "verify", "many.zip"])).toMatchObject({ exitCode: 0 });
  });

  test("damaged, is refused by every command", async () => {
    await countersign(["archive", gun, ...at("go"), "-o", "whole.zip"]);
    const bytes = await readFile(join(directory, "whole.zip"));
    const middle = Math.floor(bytes.length / 2);
    bytes[middle] = (bytes[middle] ?? 0) ^ 1;
    await writeFile(join(directory, "damaged.zip"), bytes);
    for (const command of ["show", "verify", "import"]) {
      const ran = await countersign(
        ["archive", command, "damaged.zip", "--mirror", "x"].slice(0, command === "import" ? 5 : 3),
      );
      expect(ran).toMatchObject({ exitCode: 1, out: "" });
      expect(ran.err).toContain("error: the archive is damaged");
    }
    const more = await countersign(["archive", gun, ...at("go"), "-o", "damaged.zip"]);
    expect(more).toMatchObject({ exitCode: 1 });
    expect(await readFile(join(directory, "damaged.zip"))).toEqual(bytes);
  });

  test("imported, pins the root for Go's client: the same repository is read, another one is not", async () => {
    await countersign(["archive", gun, ...at("go"), "-o", "pin.zip"]);
    const home = join(directory, "reader");
    const trust = join(home, "trust");
    const imported = await countersign(["archive", "import", "pin.zip", "--trust-dir", trust]);
    expect(imported).toMatchObject({ exitCode: 0, err: "" });
    expect(imported.out).toContain("root pinned");

    const same = await notary(home, pair.go.url)("list", gun);
    expect(same.out).toMatch(/1\.0 .*targets\/releases/);
    const other = await notary(home, pair.ours.url)("list", gun);
    expect(other.exitCode).not.toBe(0);
    // Without any server it reads what was imported.
    const offline = await notary(home, "https://localhost:1")("list", gun);
    expect(offline).toMatchObject({ exitCode: 0 });
    expect(offline.out).toMatch(/base .*targets/);

    await countersign(["archive", gun, ...at("ours"), "-o", "other.zip"]);
    const refused = await countersign(["archive", "import", "other.zip", "--trust-dir", trust]);
    expect(refused).toMatchObject({ exitCode: 1 });
    expect(refused.err).toContain("it is not the repository that is pinned there");
  });

  test("written as a mirror, serves Go's client from plain files", async () => {
    await countersign(["archive", gun, ...at("go"), "-o", "mirror.zip"]);
    const made = await countersign(["archive", "import", "mirror.zip", "--mirror", "site"]);
    expect(made).toMatchObject({ exitCode: 0, err: "" });
    await using site = await plainFiles(join(directory, "site"), directory);
    const home = join(directory, "visitor");
    await mkdir(home);
    const listed = await notary(home, site.url, site.caFile)("list", gun);
    expect(listed.out).toMatch(/1\.0 .*targets\/releases/);
    // Three roots on, a client that knows only the first one still finds its way.
    const first = join(home, "trust/tuf", gun, "metadata");
    await rm(join(home, "trust"), { recursive: true });
    await mkdir(first, { recursive: true });
    const root = await readFile(join(directory, `site/v2/${gun}/_trust/tuf/1.root.json`));
    await writeFile(join(first, "root.json"), root);
    const walked = await notary(home, site.url, site.caFile)("list", gun);
    expect(walked.out).toMatch(/base .*targets/);
    expect(
      await countersign(["archive", "import", "mirror.zip", "--mirror", "site"]),
    ).toMatchObject({ exitCode: 1 });
  });
});

/** A web server that knows nothing but files. */
async function plainFiles(
  folder: string,
  directory: string,
): Promise<AsyncDisposable & { readonly url: string; readonly caFile: string }> {
  const terms = { notBefore: Date.now() - 60_000, notAfter: Date.now() + day };
  const identity = await certifiedKey({ name: "localhost", dnsName: "localhost", ...terms });
  const key = identity.privateKey.export({ type: "pkcs8", format: "pem" });
  const caFile = join(directory, "site-ca.pem");
  await writeFile(caFile, identity.pem);
  const server = createServer({ cert: identity.pem, key }, (request, response) => {
    const path = decodeURIComponent(request.url ?? "/");
    readFile(join(folder, path)).then(
      (bytes) => response.end(bytes),
      () => response.writeHead(path === "/v2/" ? 200 : 404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "localhost", resolve));
  return {
    url: `https://localhost:${(server.address() as AddressInfo).port}`,
    caFile,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
