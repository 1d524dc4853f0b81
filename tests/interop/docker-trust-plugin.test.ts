import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { tmpdir } from "node:os";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseRegistryHost } from "#domain/oci";
import {
  passwords,
  registryWorld,
  type RegistryWorld,
} from "../../faces/registry/testing/registry-world.ts";
import { builtCommand } from "../harness/built.ts";
import { makeTinyImageFolder, startEngine, type TestEngine } from "../harness/engine.ts";
import { startServerPair, type ServerPair, type Side } from "../harness/notary-server-pair.ts";
import { mustRun, runPeer } from "../harness/peers-run.ts";
import { missing, noEngine } from "../harness/peers.ts";
import { passphrase, personalKey } from "./drop-in-lab.ts";
import { notaryAuth, openTrustLab } from "./trust-lab.ts";
import { seatOf, shownBy, type Bench, type Client, type Seat } from "./docker-trust-lab.ts";

const clients: readonly Client[] = ["docker", "plugin"];
const sides = ["go", "ours"] as const;

/** Commands that need no engine, as words; `n`, `y` at the end of a line are typed. */
const withoutEngine = (app: string): readonly string[] => [
  "",
  "--help",
  "-h",
  "help",
  "bogus",
  "--bogus",
  ...["key", "signer", "key generate", "key load", "signer add", "signer remove"],
  ...["sign", "revoke", "inspect", "key bogus", "sign a b", "key generate a b", "signer add a b"],
  ...["key", "signer", "key generate", "key load", "signer add", "signer remove"].map(help),
  ...["sign", "revoke", "inspect"].map(help),
  "sign --bogus x",
  "sign -x",
  "signer add --key",
  "inspect --pretty=maybe x",
  "key generate alice",
  "key generate alice",
  "key generate Alice",
  "key generate bob --dir nowhere",
  "key generate bob",
  "key load plain.pem --name carol",
  "key load plain.pem",
  "key load nofile",
  "key load open.pem",
  "key load junk",
  "key load alice.pub",
  "key load --name Bad plain.pem",
  `inspect ${app}`,
  `inspect --pretty ${app}`,
  `signer add --key alice.pub alice ${app}`,
  `signer add --key alice.pub --key bob.pub bob ${app} ${app}-two`,
  `signer add --key bob.pub releases ${app}`,
  `signer add --key bob.pub Bad ${app}`,
  `signer add bob ${app}`,
  `signer add --key nofile bob ${app}`,
  `signer add --key junk bob ${app}`,
  `signer add --key bob.pub eve X//x ${app}-three`,
  `inspect ${app}`,
  `inspect --pretty ${app}`,
  `inspect --pretty ${app} ${app}:zz`,
  `inspect ${app} X UPPER//x ${app}-x a_:b`,
  `sign ${app}`,
  `sign ${app}@sha256:${"ab".repeat(32)}`,
  "sign UPPER",
  `revoke ${app}:1`,
  `revoke ${app} n`,
  `revoke ${app}`,
  `revoke -y ${app}`,
  `revoke ${app}@sha256:${"ab".repeat(32)}`,
  `revoke ${app}-x:1`,
  "revoke UPPER//x",
  `signer remove nobody ${app} X//y ${app}-x`,
  `signer remove releases ${app}`,
];

describe.skipIf(missing("docker", "notary-server"))("docker trust as a plugin", () => {
  let pair: ServerPair;
  beforeAll(async () => {
    pair = await startServerPair();
  });
  afterAll(async () => await pair?.[Symbol.asyncDispose]());

  const benchOf = async (side: "go" | "ours", name: string): Promise<Bench> => {
    const directory = join(pair.directory, `${name}-${side}`);
    await mkdir(directory, { recursive: true });
    return { directory, url: pair[side].url, caFile: pair.caFile };
  };

  test.for(sides)(
    "says and keeps what docker 28 does, without an engine, before the %s server",
    { timeout: 180_000 },
    async (side) => {
      const bench = await benchOf(side, "compare");
      const { privateFile } = await personalKey(bench.directory, "plain");
      const seats = new Map<Client, Seat>();
      for (const client of clients) {
        const seat = await seatOf(bench, client);
        seats.set(client, seat);
        await copyFile(privateFile, join(seat.home, "plain.pem"));
        await writeFile(join(seat.home, "open.pem"), await readFile(privateFile), { mode: 0o644 });
        await writeFile(join(seat.home, "junk"), "junk", { mode: 0o600 });
      }
      for (const line of withoutEngine("registry.test/acme/app-{me}")) {
        const words = line.split(" ").filter((word) => word !== "");
        const typed = /^[ny]$/.test(words.at(-1) ?? "") ? words.pop() : undefined;
        const input = typed === undefined ? "" : `${typed}\n`;
        const [docker, plugin] = await Promise.all(
          clients.map(async (client) => {
            const seat = seats.get(client);
            return seat && (await shownBy(client, seat, words, { input }));
          }),
        );
        expect(plugin).toEqual(docker);
      }
    },
  );

  test("a server that cannot be used or reached is told as docker 28 tells it", async () => {
    const bench = await benchOf("go", "unreachable");
    const seat = await seatOf(bench, "seat");
    const app = "registry.test/acme/nowhere";
    for (const url of ["http://localhost:1", "https://127.0.0.1:1", "nonsense"])
      for (const words of [
        ["inspect", app],
        ["inspect", "--pretty", app],
        ["revoke", `${app}:1`],
      ]) {
        const env = { DOCKER_CONTENT_TRUST_SERVER: url };
        const docker = await shownBy("docker", seat, words, { env });
        expect(await shownBy("plugin", seat, words, { env })).toEqual(docker);
      }
  });

  test("who may do nothing at the server is told so as docker 28 tells it, and who may does it", async () => {
    await using lab = await openTrustLab();
    const bench = { directory: lab.directory, url: lab.url, caFile: lab.caFile };
    const app = "registry.test/acme/app-{me}";
    for (const auth of ["", notaryAuth]) {
      const seats = new Map<Client, Seat>();
      for (const client of clients) {
        const seat = await seatOf(bench, `${client}-${auth.length}`);
        seats.set(client, seat);
        const auths = auth === "" ? {} : { "registry.test": { auth } };
        await writeFile(join(seat.home, ".docker/config.json"), JSON.stringify({ auths }));
      }
      for (const line of [
        "key generate bob",
        `inspect ${app}`,
        `signer add --key bob.pub bob ${app}`,
        `inspect ${app}`,
        `revoke -y ${app}`,
        `signer remove eve ${app}`,
      ]) {
        const [docker, plugin] = await Promise.all(
          clients.map(async (client) => {
            const seat = seats.get(client);
            return seat && (await shownBy(client, seat, line.split(" ")));
          }),
        );
        expect(plugin).toEqual(docker);
      }
    }
  });

  test("a certificate without its key, and one that is not believed, are refused", async () => {
    const bench = await benchOf("go", "certificates");
    const seat = await seatOf(bench, "seat");
    const tls = join(seat.home, ".docker/tls", new URL(bench.url).host);
    await writeFile(join(tls, "client.cert"), "x");
    const app = "registry.test/acme/any";
    const lone = await seat.trustWith("plugin", ["revoke", `${app}:1`]);
    expect(lone.err).toBe(
      "missing key client.key for client certificate client.cert. CA certificates must use the extension .crt\n",
    );
    await rm(tls, { recursive: true });
    for (const words of [
      ["inspect", app],
      ["revoke", `${app}:1`],
    ])
      expect(await seat.trustWith("plugin", words)).toEqual(await seat.trustWith("docker", words));
  });

  test("docker finds the plugin that is installed, runs it, and hands on its exit code", async () => {
    const bench = await benchOf("go", "installed");
    const seat = await seatOf(bench, "seat");
    const env = { HOME: seat.home, PATH: process.env["PATH"] ?? "" };
    const countersign = (...words: string[]) =>
      runPeer(process.execPath, [builtCommand("countersign"), "docker-plugin", ...words], { env });
    builtCommand("docker-trust");
    const folder = join(seat.home, ".docker/cli-plugins");
    const file = join(folder, "docker-trust");
    expect(await countersign("install")).toMatchObject({
      exitCode: 0,
      out: `docker-trust is installed: ${file}\n`,
      err: expect.stringContaining("built in") as string,
    });
    // Docker 28 keeps to its own `trust`: under another name it takes the same program.
    await copyFile(file, join(folder, "docker-cstrust"));
    const listed = await seat.docker(["info", "--format", "{{json .ClientInfo.Plugins}}"]);
    expect(JSON.parse(listed.out.split("\n")[0] ?? "")).toContainEqual(
      expect.objectContaining({ Name: "cstrust", Vendor: "Countersign", SchemaVersion: "0.1.0" }),
    );
    const help = await seat.docker(["trust", "--help"]);
    for (const words of [
      ["cstrust", "--help"],
      ["help", "cstrust"],
    ])
      expect((await seat.docker(words)).out).toBe(help.out);
    const app = "registry.test/acme/installed";
    expect(await seat.docker(["cstrust", "sign", "--bogus"])).toMatchObject({ exitCode: 125 });
    const before = ["--config", join(seat.home, ".docker"), "-l", "error"];
    for (const words of [["inspect", app], ["key", "generate"], []])
      expect(await seat.docker([...before, "cstrust", ...words])).toEqual(
        await seat.docker([...before, "trust", ...words]),
      );
    const completed = await seat.docker(["__complete", "cstrust", "s"]);
    expect(completed.out).toContain("signer\tManage entities who can sign Docker images\n");
    expect(await countersign("uninstall")).toMatchObject({ out: `removed: ${file}\n` });
    expect(await countersign("uninstall")).toMatchObject({ out: `not there: ${file}\n` });
    await writeFile(file, "#!/bin/sh\nexit 0\n");
    expect(await countersign("install")).toMatchObject({ exitCode: 1 });
    expect(await countersign("uninstall")).toMatchObject({ exitCode: 1 });
    expect(await readFile(file, "utf8")).toBe("#!/bin/sh\nexit 0\n");
    expect(await countersign("install", "--yes")).toMatchObject({ exitCode: 0 });
  });

  describe("where docker 28 is wrong", () => {
    const digest = "cd".repeat(32);
    const listed = async (seat: Seat, app: string): Promise<unknown> =>
      JSON.parse((await seat.trustWith("docker", ["inspect", app])).out);
    const notary = async (bench: Bench, seat: Seat, line: string): Promise<string> => {
      const alias = [builtCommand("notary"), "-s", bench.url, "-d", seat.trust];
      const env = {
        HOME: seat.home,
        NOTARY_ROOT_PASSPHRASE: passphrase,
        NOTARY_TARGETS_PASSPHRASE: passphrase,
        NOTARY_SNAPSHOT_PASSPHRASE: passphrase,
        NOTARY_DELEGATION_PASSPHRASE: passphrase,
      };
      const words = [...alias, "--tlscacert", bench.caFile, ...line.split(" ")];
      return await mustRun(process.execPath, words, { env, cwd: seat.home });
    };
    const world = async (side: "go" | "ours", name: string) => {
      const bench = await benchOf(side, name);
      const seat = await seatOf(bench, "seat");
      const app = `registry.test/acme/${name}`;
      const plugin = (...words: string[]) => seat.trustWith("plugin", words);
      return { bench, seat, app, plugin };
    };

    test.for(sides)("a signer is removed, before the %s server", async (side) => {
      const { bench, seat, app, plugin } = await world(side, "removed");
      for (const name of ["alice", "bob"]) {
        await plugin("key", "generate", name);
        await plugin("signer", "add", "--key", `${name}.pub`, name, app);
      }
      const roles = "targets/alice,targets/bob,targets/releases";
      await notary(bench, seat, `addhash ${app} 1 5 --sha256 ${digest} -r ${roles} -p`);
      expect(await plugin("signer", "remove", "alice", app)).toMatchObject({
        exitCode: 0,
        out: `Removing signer "alice" from ${app}...\nSuccessfully removed alice from ${app}\n\n`,
      });
      expect(await listed(seat, app)).toMatchObject([
        { SignedTags: [{ SignedTag: "1", Signers: ["bob"] }], Signers: [{ Name: "bob" }] },
      ]);
      const kept = await seat.trustWith("plugin", ["signer", "remove", "bob", app], {
        input: "n\n",
      });
      expect(kept.out).toMatch(
        /signed the last released version .* \[y\/N\] \nAborting action\.\n$/s,
      );
      expect(kept.exitCode).toBe(0);
      expect(await listed(seat, app)).toMatchObject([{ Signers: [{ Name: "bob" }] }]);
      expect(await plugin("signer", "remove", "-f", "bob", app)).toMatchObject({ exitCode: 0 });
      expect(await listed(seat, app)).toMatchObject([{ SignedTags: [], Signers: [] }]);
    });

    test.for(sides)(
      "a revoked tag cannot be pulled from targets, before the %s server",
      async (side) => {
        const { bench, seat, app, plugin } = await world(side, "revoked");
        await notary(bench, seat, `init -p ${app}`);
        for (const tag of ["1", "2"])
          await notary(bench, seat, `addhash ${app} ${tag} 5 --sha256 ${digest} -p`);
        await plugin("key", "generate", "alice");
        await plugin("signer", "add", "--key", "alice.pub", "alice", app);
        const roles = "targets/alice,targets/releases";
        await notary(bench, seat, `addhash ${app} 1 5 --sha256 ${digest} -r ${roles} -p`);
        expect(await plugin("revoke", `${app}:1`)).toMatchObject({
          exitCode: 0,
          out: `Successfully deleted signature for ${app}:1\n`,
        });
        expect(await listed(seat, app)).toMatchObject([{ SignedTags: [{ SignedTag: "2" }] }]);
        expect(await plugin("revoke", "-y", app)).toMatchObject({ exitCode: 0 });
        expect(await listed(seat, app)).toMatchObject([{ SignedTags: [] }]);
      },
    );

    test("who holds only a signer's key is told what stays signed", async () => {
      const { bench, seat, app, plugin } = await world("go", "stays");
      await notary(bench, seat, `init -p ${app}`);
      await notary(bench, seat, `key rotate ${app} snapshot -r`);
      await notary(bench, seat, `addhash ${app} 1 5 --sha256 ${digest} -p`);
      const signer = await seatOf(bench, "signer");
      await signer.trustWith("plugin", ["key", "generate", "alice"]);
      const key = join(signer.home, "alice.pub");
      await plugin("signer", "add", "--key", key, "alice", app);
      const revoked = await signer.trustWith("plugin", ["revoke", `${app}:1`]);
      expect(revoked).toMatchObject({ exitCode: 1, out: "" });
      expect(revoked.err).toContain("still signed in targets");
    });

    test("an encrypted key that does not say its id is loaded", async () => {
      const { seat, plugin } = await world("go", "loaded");
      await personalKey(seat.home, "own");
      const words = ["pkcs8", "-topk8", "-in", "own.pem", "-out", "locked.pem"];
      await mustRun("openssl", [...words, "-passout", `pass:${passphrase}`], { cwd: seat.home });
      await rm(join(seat.home, "own.pem"));
      await mustRun("chmod", ["600", "locked.pem"], { cwd: seat.home });
      expect(await plugin("key", "load", "--name", "dora", "locked.pem")).toMatchObject({
        exitCode: 0,
        out: 'Loading key from "locked.pem"...\nSuccessfully imported key from locked.pem\n',
      });
      const { readdir } = await import("node:fs/promises");
      const [name = ""] = await readdir(join(seat.trust, "private"));
      expect(await readFile(join(seat.trust, "private", name), "utf8")).toContain("role: dora");
      const wrong = { env: { DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE: "another one" } };
      expect(await seat.trustWith("plugin", ["key", "load", "locked.pem"], wrong)).toMatchObject({
        exitCode: 1,
        err: "error importing key from locked.pem: cannot load key from provided file locked.pem: could not decrypt key\n",
      });
    });

    test("what notary has staged is neither published nor thrown away", async () => {
      const { bench, seat, app, plugin } = await world("ours", "staged");
      await notary(bench, seat, `init -p ${app}`);
      await notary(bench, seat, `addhash ${app} 9 5 --sha256 ${digest}`);
      await plugin("key", "generate", "alice");
      await plugin("signer", "add", "--key", "alice.pub", "alice", app);
      await plugin("inspect", app);
      await plugin("revoke", "-y", app);
      expect(await notary(bench, seat, `status ${app}`)).toMatch(/create\s+targets\s+target\s+9/);
      expect(await listed(seat, app)).toMatchObject([{ SignedTags: [] }]);
    });
  });
});

describe.skipIf(noEngine() || missing("notary-server"))("docker trust sign as a plugin", () => {
  let registry: RegistryWorld;
  let engine: TestEngine;
  let pair: ServerPair;
  let folder = "";
  beforeAll(async () => {
    registry = await registryWorld();
    engine = await startEngine();
    pair = await startServerPair(parseRegistryHost(registry.host));
    folder = await mkdtemp(join(tmpdir(), "countersign-image-"));
    const rootfs = await makeTinyImageFolder(folder);
    await mustRun("tar", ["-C", rootfs, "-cf", join(folder, "image.tar"), "."]);
    const at = ["-H", `unix://${engine.socketPath}`];
    for (const tag of ["1", "2", "3"]) {
      const label = ["-c", `LABEL tag=${tag}`];
      await mustRun("docker", [...at, "import", ...label, join(folder, "image.tar"), `app:${tag}`]);
      for (const name of ["go-app-dk", "go-app-pl", "ours-app-dk", "ours-app-pl"])
        await mustRun("docker", [
          ...at,
          "tag",
          `app:${tag}`,
          `${registry.host}/acme/${name}:${tag}`,
        ]);
    }
  }, 120_000);
  afterAll(async () => {
    await pair?.[Symbol.asyncDispose]();
    await engine?.stop();
    await registry?.[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  const seated = async (side: "go" | "ours", client: Client, isSignedIn = true): Promise<Seat> => {
    const at: Side = pair[side];
    const env = { DOCKER_HOST: `unix://${engine.socketPath}` };
    const directory = join(pair.directory, `sign-${side}`);
    const bench = { directory, url: at.url, caFile: pair.caFile, env };
    const seat = await seatOf(bench, `${client}-${String(isSignedIn)}`);
    if (!isSignedIn) return seat;
    const signIn = ["login", "-u", "alice", "--password-stdin", registry.host];
    const signedIn = await seat.docker(signIn, { input: passwords.get("alice") ?? "" });
    expect(signedIn.exitCode).toBe(0);
    return seat;
  };

  test.for(sides)(
    "pushes, signs, tells of signatures and takes them back as docker 28, before the %s server",
    { timeout: 240_000 },
    async (side) => {
      const app = `${registry.host}/acme/${side}-app-{me}`;
      const lines = [
        `sign ${app}:zz`,
        `sign ${app}:1`,
        `sign ${app}:1`,
        `inspect ${app}`,
        `inspect --pretty ${app}:1 ${app}:zz`,
        `sign --local ${app}:1`,
        `sign ${app}:2`,
        "key generate amy",
        `signer add --key amy.pub amy ${app}`,
        `sign ${app}:3`,
        `inspect ${app}`,
        `inspect --pretty ${app}`,
        `revoke ${app}:2`,
        `revoke ${app}:2`,
        `inspect ${app}`,
        `revoke -y ${app}`,
        `inspect --pretty ${app}`,
      ];
      const docker = await seated(side, "docker");
      const plugin = await seated(side, "plugin");
      for (const line of lines) {
        const words = line.split(" ");
        const expected = await shownBy("docker", docker, words);
        expect(await shownBy("plugin", plugin, words)).toEqual(expected);
      }
      const locked = { env: { DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE: "another one" } };
      const words = ["sign", `${app}:1`];
      const expected = await shownBy("docker", docker, words, locked);
      expect((await shownBy("plugin", plugin, words, locked)).ran).toEqual(expected.ran);
    },
  );

  test("each of the two signs what the other began, in one trust directory", async () => {
    const seat = await seated("ours", "plugin");
    const app = `${registry.host}/acme/ours-app-dk`;
    await seat.docker(["tag", app.concat(":1"), `${registry.host}/acme/mixed:1`]);
    await seat.docker(["tag", app.concat(":2"), `${registry.host}/acme/mixed:2`]);
    const mixed = `${registry.host}/acme/mixed`;
    for (const [client, words] of [
      ["plugin", ["sign", `${mixed}:1`]],
      ["docker", ["sign", `${mixed}:2`]],
      ["docker", ["revoke", `${mixed}:1`]],
      ["plugin", ["sign", `${mixed}:2`]],
    ] as const)
      expect(await seat.trustWith(client, words)).toMatchObject({ exitCode: 0 });
    const seen = await seat.trustWith("docker", ["inspect", mixed]);
    expect(await seat.trustWith("plugin", ["inspect", mixed])).toEqual(seen);
    expect(JSON.parse(seen.out)).toMatchObject([
      { SignedTags: [{ SignedTag: "2", Signers: ["alice"] }] },
    ]);
  });

  test("without an account nothing is begun, and what to do is said", async () => {
    const seat = await seated("go", "plugin", false);
    const signed = await seat.trustWith("plugin", ["sign", `${registry.host}/acme/go-app-dk:2`]);
    const fresh = await seat.docker([
      "tag",
      `${registry.host}/acme/go-app-dk:2`,
      `${registry.host}/acme/unsigned:2`,
    ]);
    expect(fresh.exitCode).toBe(0);
    expect(signed.exitCode).toBe(1);
    const refused = await seat.trustWith("plugin", ["sign", `${registry.host}/acme/unsigned:2`]);
    expect(refused).toMatchObject({ exitCode: 1, out: "" });
    expect(refused.err).toContain(`docker login ${registry.host}`);
  });

  test("an engine that does not answer is told as docker 28 tells it", async () => {
    const seat = await seated("go", "plugin");
    const env = { DOCKER_HOST: `unix://${join(folder, "none.sock")}` };
    const words = ["sign", `${registry.host}/acme/never:1`];
    const docker = await seat.trustWith("docker", words, { env });
    expect(await seat.trustWith("plugin", words, { env })).toEqual(docker);
  });
});

function help(command: string): string {
  return `${command} --help`;
}
