import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { digestHex, digestOf } from "#domain/oci";
import { passphrases, setStage, succeed, type Person, type Stage } from "../e2e/cast.ts";
import { builtCommand } from "../harness/built.ts";
import { startEngine, type TestEngine } from "../harness/engine.ts";
import { missing, noEngine } from "../harness/peers.ts";
import { mustRun, runPeer, type Ran } from "../harness/peers-run.ts";
import { startServer, type ServerUnderTest } from "../harness/server.ts";

const skipped = noEngine() || missing("skopeo", "umoci", "busybox");

describe.skipIf(skipped)("countersign push, with the real clients", () => {
  let engine: TestEngine;
  let server: ServerUnderTest;
  let stage: Stage;
  let alice: Person;
  let temporary = "";
  const onEngine = (...args: readonly string[]) =>
    mustRun("docker", ["-H", `unix://${engine.socketPath}`, ...args]);
  const push = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
    alice.countersign(["push", ...args], {
      env: {
        ...passphrases,
        DOCKER_HOST: `unix://${engine.socketPath}`,
        COUNTERSIGN_KEY_FILE: join(alice.bundle, "key.pem"),
        TMPDIR: temporary,
        ...env,
      },
      timeoutMs: 120_000,
    });
  const pushed = async (running: Promise<Ran>): Promise<Pushed> =>
    JSON.parse(await succeed(running)) as Pushed;
  const skopeo = (...args: readonly string[]) =>
    mustRun("skopeo", ["--insecure-policy", ...args], { env: { HOME: alice.docker.home } });
  const skopeoLogin = () => [
    "--creds",
    `alice:${alice.password}`,
    "--cert-dir",
    join(stage.folder, "certs"),
  ];
  const reference = (name: string) => `${server.registryHost}/${name}`;

  beforeAll(async () => {
    engine = await startEngine();
    server = await startServer({ engine: `unix://${engine.socketPath}` });
    stage = await setStage(server);
    await succeed(stage.admin(["org", "create", "acme"]));
    await succeed(stage.admin(["team", "create", "acme/dev", "--right", "write"]));
    alice = await stage.person("alice", ["acme/dev"]);
    temporary = join(stage.folder, "temporary");
    await mkdir(temporary);
    await mkdir(join(stage.folder, "certs"));
    await cp(server.caFile, join(stage.folder, "certs", "ca.crt"));
  }, 180_000);
  afterAll(async () => {
    await stage?.[Symbol.asyncDispose]();
    await server?.[Symbol.asyncDispose]();
    await engine?.stop();
  });

  test("from the engine: docker with content trust pulls that image, and it runs", async () => {
    const image = reference("acme/web:1");
    await stage.image(alice.docker, image, "from the engine");
    const [before] = JSON.parse(await onEngine("image", "inspect", image)) as [{ Id: string }];
    const made = await pushed(push(["acme/web:1", "--format", "json"]));
    expect(made).toMatchObject({ image, blobs: { pushed: 2, mounted: 0, present: 0 } });
    expect(made.signed).toMatchObject({ digest: made.digest, account: "alice" });
    expect(await readdir(temporary)).toEqual([]);

    await onEngine("image", "rm", "-f", before.Id);
    await alice.docker.must(["pull", image], { env: { DOCKER_CONTENT_TRUST: "1" } });
    const [after] = JSON.parse(await onEngine("image", "inspect", image)) as [
      { Id: string; RepoDigests: string[] },
    ];
    expect(after.Id).toBe(before.Id); // of the config: all layers are what they were
    expect(after.RepoDigests).toContain(`${reference("acme/web")}@${made.digest}`);
    await succeed(stage.admin(["policy", "set", "--require", "acme/dev"]));
    const run = ["run", "--rm", "--network", "none", image, "cat", "/content"];
    expect(await alice.docker.must(run)).toBe("from the engine");
    expect(await succeed(push(["acme/web:1", "-q"]))).toBe(
      `${reference("acme/web")}@${made.digest}\n`,
    );
  });

  test("an image that the engine has under another name is taken over where it can be", async () => {
    await onEngine("tag", reference("acme/web:1"), "local:here");
    const made = await pushed(
      push(["acme/copy:1", "--from", "docker://local:here", "--no-sign", "--format", "json"]),
    );
    expect(made).toMatchObject({ blobs: { pushed: 0, mounted: 2 }, signed: null });
    const unknown = await push(["acme/none:1"]);
    expect(unknown).toMatchObject({ exitCode: 1, out: "" });
    expect(unknown.err).toContain("the Docker engine has no image");
  });

  test("through the gateway, with the bundle's certificates", async () => {
    const made = await push(["acme/gate:1", "--from", `docker://${reference("acme/web:1")}`], {
      DOCKER_HOST: server.gateway,
      DOCKER_TLS_VERIFY: "1",
      DOCKER_CERT_PATH: alice.bundle,
    });
    expect(made.err).not.toContain("error");
    expect(made.exitCode).toBe(0);
    expect(made.out).toContain("pushed");
  });

  test("archives of docker save, packed or from standard input, are the same image", async () => {
    const file = join(stage.folder, "saved.tar");
    await onEngine("save", "-o", file, reference("acme/web:1"));
    await writeFile(`${file}.gz`, gzipSync(await readFile(file)));
    const made = await pushed(
      push(["acme/saved:1", "--from", `docker-archive:${file}`, "--format", "json", "--no-sign"]),
    );
    for (const path of [`${file}.gz`, `${file}:${reference("acme/web:1")}`])
      expect(
        await pushed(
          push([
            "acme/saved:1",
            "--from",
            `docker-archive:${path}`,
            "--format",
            "json",
            "--no-sign",
          ]),
        ),
      ).toMatchObject({ digest: made.digest, blobs: { pushed: 0, present: 2 } });
    const input = await readFile(file);
    const from = ["--from", "docker-archive:-", "--format", "json", "--no-sign"];
    const streamed = alice.countersign(["push", "acme/saved:1", ...from], { input });
    expect(await pushed(streamed)).toMatchObject({ digest: made.digest });
    const web = JSON.parse(
      await skopeo("inspect", ...skopeoLogin(), "--raw", `docker://${reference("acme/web:1")}`),
    ) as object;
    expect(digestOf(Buffer.from(JSON.stringify(web)))).toBe(made.digest);
  });

  test("a layout of skopeo keeps its digest, as a folder and as an archive", async () => {
    const folder = join(stage.folder, "layout");
    const file = join(stage.folder, "layout.tar");
    await onEngine("save", "-o", join(stage.folder, "one.tar"), reference("acme/web:1"));
    await skopeo(
      "copy",
      "-q",
      `docker-archive:${join(stage.folder, "one.tar")}`,
      `oci:${folder}:1`,
    );
    await mustRun("tar", ["-C", folder, "-cf", file, "."]);
    const digest = await rootDigest(folder);
    for (const from of [
      `oci:${folder}`,
      `oci:${folder}:1`,
      `oci-archive:${file}`,
      `oci-archive:${file}:1`,
    ])
      expect(await pushed(push(["acme/oci:1", "--from", from, "--format", "json"]))).toMatchObject({
        digest,
        length: expect.any(Number) as number,
        signed: { digest },
      });
    const back = join(stage.folder, "back");
    await skopeo(
      "copy",
      "-q",
      ...srcLogin(),
      `docker://${reference("acme/oci:1")}`,
      `oci:${back}:1`,
    );
    expect(await rootDigest(back)).toBe(digest);
    const wrong = await push(["acme/oci:1", "--from", `oci:${folder}:2`]);
    expect(wrong).toMatchObject({ exitCode: 1, out: "" });
    expect(wrong.err).toContain("hint:  name one that is there: 1");
  });
  const srcLogin = () => [
    ...["--src-creds", `alice:${alice.password}`],
    ...["--src-cert-dir", join(stage.folder, "certs")],
  ];

  test("a layout that umoci has written is pushed as it is", async () => {
    const folder = join(stage.folder, "umoci");
    await mustRun("umoci", ["init", "--layout", folder]);
    await mustRun("umoci", ["new", "--image", `${folder}:first`]);
    const rootfs = join(stage.folder, "more");
    await mkdir(rootfs);
    await writeFile(join(rootfs, "file"), randomBytes(300_000));
    await mustRun("umoci", ["insert", "--image", `${folder}:first`, rootfs, "/more"]);
    const made = await pushed(
      push(["acme/umoci:1", "--from", `oci:${folder}:first`, "--format", "json", "--no-sign"]),
    );
    expect(made.digest).toBe(await rootDigest(folder));
    expect(made.mediaType).toBe("application/vnd.oci.image.manifest.v1+json");
  });

  test("an index is pushed with all its platforms, and comes back whole", async () => {
    const folder = join(stage.folder, "index");
    const digest = await multiPlatform(folder);
    const made = await pushed(
      push(["acme/multi:1", "--from", `oci:${folder}`, "--format", "json"]),
    );
    expect(made).toMatchObject({
      digest,
      platforms: [{ architecture: "amd64" }, { architecture: "arm64" }],
      signed: { digest },
    });
    const back = join(stage.folder, "index-back");
    const source = `docker://${reference("acme/multi:1")}`;
    await skopeo("copy", "-q", "--all", ...srcLogin(), source, `oci:${back}:1`);
    expect(await rootDigest(back)).toBe(digest);
  });

  test("after kill -9 the next push sends what is missing, and cleans up", async () => {
    const folder = join(stage.folder, "large");
    const image = reference("acme/large:1");
    await mkdir(folder);
    await writeFile(join(folder, "noise"), randomBytes(40_000_000));
    await mustRun("sh", [
      "-c",
      `tar -C '${folder}' -c . | docker -H unix://${engine.socketPath} import - ${image}`,
    ]);
    const child = spawn(
      process.execPath,
      [builtCommand("countersign"), "push", "acme/large:1", "--no-sign"],
      {
        env: {
          PATH: process.env["PATH"] ?? "",
          HOME: alice.docker.home,
          COUNTERSIGN_SERVER: server.ui,
          COUNTERSIGN_CA: server.caFile,
          DOCKER_HOST: `unix://${engine.socketPath}`,
          TMPDIR: temporary,
        },
        stdio: "ignore",
      },
    );
    const gone = new Promise((resolve) => child.once("exit", resolve));
    for (let tries = 0; tries < 600 && (await readdir(temporary)).length === 0; tries += 1)
      await delay(10);
    child.kill("SIGKILL");
    await gone;
    expect(await readdir(temporary)).toHaveLength(1);
    const made = await pushed(push(["acme/large:1", "--format", "json"]));
    expect(made.signed).toMatchObject({ digest: made.digest });
    expect(await readdir(temporary)).toEqual([]);
  });

  test("Ctrl-C ends it at once, and leaves nothing behind", async () => {
    const child = spawn(
      process.execPath,
      [builtCommand("countersign"), "push", "acme/large:2", "--no-sign", ...fromLarge()],
      {
        env: {
          PATH: process.env["PATH"] ?? "",
          HOME: alice.docker.home,
          COUNTERSIGN_SERVER: server.ui,
          COUNTERSIGN_CA: server.caFile,
          DOCKER_HOST: `unix://${engine.socketPath}`,
          TMPDIR: temporary,
        },
        stdio: ["ignore", "ignore", "pipe"],
      },
    );
    let err = "";
    child.stderr.on("data", (chunk: Buffer) => (err += chunk.toString()));
    const gone = new Promise((resolve) => child.once("close", resolve));
    for (let tries = 0; tries < 600 && (await readdir(temporary)).length === 0; tries += 1)
      await delay(10);
    child.kill("SIGINT");
    expect(await gone).toBe(1);
    expect(err).toContain("error: interrupted before the end\n");
    expect(await readdir(temporary)).toEqual([]);
  });
  const fromLarge = () => ["--from", `docker://${reference("acme/large:1")}`];

  test("a full folder for temporary files is said, and emptied", async ({ skip }) => {
    const small = join(stage.folder, "small");
    await mkdir(small);
    const size = ["-t", "tmpfs", "-o", "size=1m", "tmpfs", small];
    if ((await runPeer("mount", size)).exitCode !== 0) skip("no file system can be made here");
    try {
      const full = await push(["acme/large:3", ...fromLarge()], { TMPDIR: small });
      expect(full).toMatchObject({ exitCode: 1, out: "" });
      expect(full.err).toContain("error: there is no room to put layers aside\n");
      expect(full.err).toContain("set TMPDIR");
      expect(await readdir(small)).toEqual([]);
    } finally {
      await mustRun("umount", ["-l", small]);
    }
  });

  test("a registry that is down is said; when it is back, the same command does it", async () => {
    const args = ["acme/noise:1", ...fromLarge(), "--no-sign", "--format", "json"];
    await server.stop();
    const ended = await push(args);
    expect(ended).toMatchObject({ exitCode: 1, out: "" });
    expect(ended.err).toMatch(/^error: the (server|registry) does not answer$/m);
    await server.start();
    expect((await pushed(push(args))).digest).toMatch(/^sha256:/);
  });

  test("a registry without room is said in a sentence", async ({ skip }) => {
    const blobs = join(server.data, "blobs");
    const all = await readdir(blobs, { recursive: true, withFileTypes: true });
    const folders = all
      .filter((each) => each.isDirectory())
      .map((each) => join(each.parentPath, each.name));
    const size = ["-t", "tmpfs", "-o", "size=1m", "tmpfs", blobs];
    if ((await runPeer("mount", size)).exitCode !== 0) skip("no file system can be made here");
    try {
      for (const each of folders) await mkdir(each, { recursive: true });
      const from = await archiveOfNoise(stage.folder, 8_000_000);
      const full = await push(["acme/full:1", "--from", `docker-archive:${from}`, "--no-sign"]);
      expect(full).toMatchObject({ exitCode: 1, out: "" });
      expect(full.err).toContain(`error: ${server.registryHost} has no room for the image\n`);
    } finally {
      await mustRun("umount", ["-l", blobs]);
    }
  });

  test("what arrived and could not be signed can be signed later, by its digest", async () => {
    const carol = await stage.person("carol", ["acme/dev"]);
    const how = {
      env: { ...passphrases, COUNTERSIGN_KEY_FILE: join(carol.bundle, "key.pem") },
    };
    const from = ["--from", `oci:${join(stage.folder, "layout")}`];
    const made = await carol.countersign(["push", "acme/web:5", ...from], how);
    expect(made).toMatchObject({ exitCode: 1, out: "" });
    expect(made.err).toContain(
      `error: ${reference("acme/web:5")} is pushed, but not signed: carol may not sign acme/web yet\n`,
    );
    const [add = [], sign = []] = [...made.err.matchAll(/countersign (\S+ .*?)(?:;|$)/gm)].map(
      ([, line = ""]) => line.split(" "),
    );
    await succeed(
      alice.countersign([...add, "--yes"], {
        env: { ...passphrases, COUNTERSIGN_PASSPHRASE: "signer passphrase" },
      }),
    );
    expect(await succeed(carol.countersign(sign, how))).toContain("targets/carol");
    const keyless = await carol.countersign(["push", "acme/web:6", ...from]);
    expect(keyless).toMatchObject({ exitCode: 1, out: "" });
    expect(keyless.err).toContain("error: no key of carol is held in");
    const source = `docker://${reference("acme/web:6")}`;
    await expect(skopeo("inspect", ...skopeoLogin(), "--raw", source)).rejects.toThrow("manifest");
  });

  test("who may not push, and a registry that is not there, are said in a sentence", async () => {
    const bob = await stage.person("bob", []);
    const env = { DOCKER_HOST: `unix://${engine.socketPath}`, TMPDIR: temporary };
    const from = ["--from", `oci:${join(stage.folder, "layout")}`, "--no-sign"];
    const refused = await bob.countersign(["push", "acme/web:1", ...from], { env });
    expect(refused).toMatchObject({ exitCode: 1, out: "" });
    expect(refused.err).toContain("error: bob has no right to push to acme/web\n");
    const nowhere = await push([`localhost:1/acme/web:1`, ...from]);
    expect(nowhere).toMatchObject({ exitCode: 1, out: "" });
    expect(nowhere.err).toContain("error: the registry does not answer\n");
    for (const usage of [
      ["acme/web:1", "--from", "tape:drive"],
      ["acme/web@sha256:00", ...from],
    ])
      expect(await push(usage)).toMatchObject({ exitCode: 2, out: "" });
    const engineless = await push(["acme/web:1"], { DOCKER_HOST: "tcp://127.0.0.1:1" });
    expect(engineless.err).toContain("error: the Docker engine does not answer\n");
    await rm(join(stage.folder, "layout", "blobs"), { recursive: true });
    const broken = await push(["acme/web:2", ...from]);
    expect(broken).toMatchObject({ exitCode: 1, out: "" });
    expect(broken.err).toContain("error: the image lacks its manifest");
  });
});

type Pushed = {
  readonly image: string;
  readonly digest: string;
  readonly mediaType: string;
  readonly signed: object | null;
};

async function rootDigest(folder: string): Promise<string> {
  const index = JSON.parse(await readFile(join(folder, "index.json"), "utf8")) as {
    manifests: [{ digest: string }];
  };
  return index.manifests[0].digest;
}

/** An archive of docker save with one layer that does not get smaller. */
async function archiveOfNoise(folder: string, bytes: number): Promise<string> {
  const at = join(folder, "noise");
  await mkdir(join(at, "layer"), { recursive: true });
  await writeFile(join(at, "layer", "noise"), randomBytes(bytes));
  await mustRun("tar", ["-C", join(at, "layer"), "-cf", join(at, "layer.tar"), "."]);
  const rootfs = { type: "layers", diff_ids: [digestOf(await readFile(join(at, "layer.tar")))] };
  const config = JSON.stringify({ architecture: "amd64", os: "linux", rootfs });
  await writeFile(join(at, "config.json"), config);
  const manifest = [{ Config: "config.json", RepoTags: [], Layers: ["layer.tar"] }];
  await writeFile(join(at, "manifest.json"), JSON.stringify(manifest));
  const files = ["layer.tar", "config.json", "manifest.json"];
  await mustRun("tar", ["-C", at, "-cf", join(folder, "noise.tar"), ...files]);
  return join(folder, "noise.tar");
}

/** A layout with an index of two platforms; gives the digest of the index. */
async function multiPlatform(folder: string): Promise<string> {
  const blobs = join(folder, "blobs/sha256");
  await mkdir(blobs, { recursive: true });
  const type = (kind: string) => `application/vnd.oci.image.${kind}`;
  const put = async (bytes: Buffer, mediaType: string) => {
    const digest = digestOf(bytes);
    await writeFile(join(blobs, digestHex(digest)), bytes);
    return { mediaType: type(mediaType), digest, size: bytes.length };
  };
  const document = (value: object) => Buffer.from(JSON.stringify({ schemaVersion: 2, ...value }));
  const manifests = [];
  for (const architecture of ["amd64", "arm64"]) {
    const layer = Buffer.alloc(1_024);
    const rootfs = { type: "layers", diff_ids: [digestOf(layer)] };
    const described = Buffer.from(JSON.stringify({ architecture, os: "linux", rootfs }));
    const config = await put(described, "config.v1+json");
    const layers = [await put(gzipSync(layer), "layer.v1.tar+gzip")];
    const manifest = document({ mediaType: type("manifest.v1+json"), config, layers });
    const platform = { architecture, os: "linux" };
    manifests.push({ ...(await put(manifest, "manifest.v1+json")), platform });
  }
  const root = await put(
    document({ mediaType: type("index.v1+json"), manifests }),
    "index.v1+json",
  );
  await writeFile(join(folder, "index.json"), document({ manifests: [root] }));
  await writeFile(join(folder, "oci-layout"), JSON.stringify({ imageLayoutVersion: "1.0.0" }));
  return root.digest;
}
