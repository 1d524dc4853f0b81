import { randomBytes } from "node:crypto";
import { existsSync, readdirSync, statSync } from "node:fs";
import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startEngine, type TestEngine } from "../harness/engine.ts";
import { missing, noEngine } from "../harness/peers.ts";
import { mustRun, runPeer } from "../harness/peers-run.ts";
import { startServer, type ServerUnderTest } from "../harness/server.ts";
import { setStage, succeed, type Person, type Stage } from "./cast.ts";

const skipped = noEngine() || missing("notary", "skopeo", "busybox");

describe.skipIf(skipped)("a server that loses its power", () => {
  let engine: TestEngine;
  let server: ServerUnderTest;
  let stage: Stage;
  let owner: Person;
  let repository: string;

  beforeAll(async () => {
    engine = await startEngine();
    server = await startServer({ engine: `unix://${engine.socketPath}` });
    stage = await setStage(server);
    await succeed(stage.admin(["org", "create", "acme"]));
    owner = await stage.adminPerson();
    repository = `${server.registryHost}/acme/web`;
  });
  afterAll(async () => {
    await stage?.[Symbol.asyncDispose]();
    await server?.[Symbol.asyncDispose]();
    await engine?.stop();
  });

  test("keeps every push that it acknowledged, and takes the broken one again", async () => {
    const acknowledged: string[] = [];
    for (const round of [1, 2, 3]) {
      const calm = `${repository}:calm-${round}`;
      await stage.image(owner.docker, calm, `calm ${round}`);
      await owner.docker.must(["push", "-q", calm]);
      acknowledged.push(calm);

      const broken = `${repository}:broken-${round}`;
      await largeImage(owner, stage.folder, broken);
      const before = bytesBelow(join(server.data, "blobs"));
      // Straight to the engine, for the gateway dies with the server.
      const giveUp = new AbortController();
      const pushing = pushDirectly(engine, owner, broken, giveUp.signal);
      await until(() => bytesBelow(join(server.data, "blobs")) > before + round * 1_000_000);
      await server.kill9();
      giveUp.abort(); // the engine would try again for half a minute
      await server.start();
      if ((await pushing).exitCode !== 0) await owner.docker.must(["push", "-q", broken]);
      acknowledged.push(broken);
    }
    for (const image of acknowledged)
      expect(await layersOf(server, owner, stage.folder, image)).toHaveLength(1);
  });

  test("keeps every publication that it acknowledged", { timeout: 120_000 }, async () => {
    await succeed(owner.notary(["init", "-p", repository]));
    await succeed(owner.notary(["key", "rotate", repository, "snapshot", "--server-managed"]));
    const publish = (tag: string): ReturnType<Person["notary"]> =>
      owner.notary(["addhash", "-p", repository, tag, "100", "--sha256", "5e".repeat(32)]);
    const acknowledged: string[] = [];
    for (const [round, waitMs] of [5, 40, 60, 80, 100, 120].entries()) {
      await succeed(publish(`calm-${round}`));
      acknowledged.push(`calm-${round}`);
      const publishing = publish(`broken-${round}`);
      await delay(waitMs); // not to wait for something: to be killed at different moments
      await server.kill9();
      const published = await publishing;
      if (published.exitCode === 0) acknowledged.push(`broken-${round}`);
      await server.start();
    }
    await succeed(publish("last"));
    acknowledged.push("last");
    const fresh = await mkdtemp(join(stage.folder, "trust-"));
    const list = await succeed(owner.notary(["list", repository, "-d", fresh]));
    const names = list.split("\n").map((line) => line.split(" ", 1)[0]);
    expect(names).toEqual(expect.arrayContaining(acknowledged));
  });

  test("keeps people, policy and sessions", async () => {
    await succeed(stage.admin(["team", "create", "acme/qa"]));
    await succeed(stage.admin(["policy", "set", "--mode", "warn", "--require-none"]));
    await server.kill9();
    await server.start();
    expect(await succeed(stage.admin(["team", "list", "-q"]))).toBe("acme/qa\n");
    expect(await succeed(stage.admin(["policy", "get"]))).toMatch(/mode +warn/);
  });
});

/** An image with a layer that takes a while: 48 MB that cannot be compressed. */
async function largeImage(owner: Person, folder: string, reference: string): Promise<void> {
  const directory = await mkdtemp(join(folder, "large-"));
  await writeFile(join(directory, "noise"), randomBytes(48 * 1024 * 1024));
  const tar = join(directory, "..", "large.tar");
  await mustRun("tar", ["-C", directory, "-cf", tar, "noise"]);
  await mustRun(
    "sh",
    ["-c", `"$1" import - "$2" < "$3"`, "sh", owner.docker.program, reference, tar],
    {
      env: owner.docker.env,
    },
  );
}

function pushDirectly(
  engine: TestEngine,
  owner: Person,
  reference: string,
  signal: AbortSignal,
): ReturnType<typeof runPeer> {
  const env = {
    HOME: owner.docker.home,
    DOCKER_CONFIG: join(owner.docker.home, ".docker"),
    DOCKER_HOST: `unix://${engine.socketPath}`,
  };
  return runPeer(owner.docker.program, ["push", reference], { env, signal });
}

/** Fetches an image with every layer; skopeo compares each with its digest. */
async function layersOf(
  server: ServerUnderTest,
  owner: Person,
  folder: string,
  image: string,
): Promise<readonly unknown[]> {
  const target = await mkdtemp(join(folder, "copy-"));
  const certificates = await mkdtemp(join(folder, "certs-"));
  await writeFile(join(certificates, "ca.crt"), server.ca);
  const credentials = `${owner.name}:${owner.password}`;
  await mustRun(
    "skopeo",
    [
      ...["copy", "-q", "--src-cert-dir", certificates, "--src-creds", credentials],
      ...[`docker://${image}`, `dir:${target}`],
    ],
    { env: { HOME: folder } },
  );
  const manifest = JSON.parse(await readFile(join(target, "manifest.json"), "utf8")) as {
    readonly layers: readonly unknown[];
  };
  return manifest.layers;
}

function bytesBelow(folder: string): number {
  if (!existsSync(folder)) return 0;
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => statSync(join(entry.parentPath, entry.name), { throwIfNoEntry: false }))
    .reduce((sum, stat) => sum + (stat?.size ?? 0), 0);
}

async function until(reached: () => boolean): Promise<void> {
  const giveUp = Date.now() + 30_000;
  while (!reached()) {
    if (Date.now() > giveUp) throw new Error("the push does not get going");
    await delay(5);
  }
}
