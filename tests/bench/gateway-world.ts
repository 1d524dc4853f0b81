import { readdirSync, readFileSync } from "node:fs";
import { mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { setStage, succeed, type Person, type Stage } from "../e2e/cast.ts";
import { startEngine, type TestEngine } from "../harness/engine.ts";
import { startServer, type ServerUnderTest } from "../harness/server.ts";

/** The built server in front of a real engine, and signed images of as many repositories. */
export type GatewayBench = AsyncDisposable & {
  readonly engine: TestEngine;
  readonly server: ServerUnderTest;
  readonly stage: Stage;
  readonly owner: Person;
  readonly alice: Person;
  /** Signed by the team that the policy asks for; the engine holds them. */
  readonly images: readonly string[];
  readonly unsigned: string;
  readonly credentials: { readonly ca: string; readonly cert: string; readonly key: string };
  /** All processes of the server. */
  pids(): readonly number[];
  /** Signatures that the server has checked since it was started. */
  checks(): Promise<number>;
};

const imageCount = 8;
const team = "acme/qa";

export async function startGatewayBench(directory: string): Promise<GatewayBench> {
  await using stack = new AsyncDisposableStack();
  const engine = await startEngine();
  stack.defer(() => engine.stop());
  const counts = join(directory, "checks");
  await mkdir(counts);
  const env = {
    COUNTERSIGN_LOG_LEVEL: "info",
    NODE_OPTIONS: `--import=${join(import.meta.dirname, "gateway-checks.ts")}`,
    CHECKS_FOLDER: counts,
  };
  const server = stack.use(await startServer({ engine: `unix://${engine.socketPath}`, env }));
  const stage = stack.use(await setStage(server));
  await succeed(stage.admin(["org", "create", "acme"]));
  await succeed(stage.admin(["team", "create", team, "--right", "write"]));
  const owner = await stage.adminPerson();
  const alice = await stage.person("alice", [team]);
  await succeed(alice.notary(["key", "import", join(alice.bundle, "key.pem")]));
  const images: string[] = [];
  const first = `${server.registryHost}/acme/web0:1`;
  await stage.image(alice.docker, first, "content");
  for (let count = 0; count < imageCount; count += 1) {
    const image = `${server.registryHost}/acme/web${count}:1`;
    if (image !== first) await alice.docker.must(["tag", first, image]);
    await sign({ owner, alice }, image);
    images.push(image);
  }
  const unsigned = `${server.registryHost}/acme/unsigned:1`;
  await alice.docker.must(["tag", first, unsigned]);
  await alice.docker.must(["push", "-q", unsigned]);
  const set = ["policy", "set", "--mode", "enforce", "--require", team, "--yes"];
  await succeed(stage.admin(set));
  const [ca = "", cert = "", key = ""] = await Promise.all(
    ["ca.pem", "cert.pem", "key.pem"].map((name) => readFile(join(alice.bundle, name), "utf8")),
  );
  const pids = (): readonly number[] => processesOf(server.data);
  const parts = stack.move();
  return {
    ...{ engine, server, stage, owner, alice, images, unsigned, pids },
    credentials: { ca, cert, key },
    checks: () => countChecks(counts, pids()),
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}

async function sign(
  { owner, alice }: { readonly owner: Person; readonly alice: Person },
  image: string,
): Promise<void> {
  const repository = image.slice(0, image.lastIndexOf(":"));
  const certificate = join(alice.bundle, "cert.pem");
  await succeed(owner.notary(["init", "-p", repository]));
  await succeed(owner.notary(["key", "rotate", repository, "snapshot", "--server-managed"]));
  for (const role of ["targets/releases", "targets/qa"]) {
    const add = ["delegation", "add", repository, role, "--all-paths", certificate];
    await succeed(owner.notary(add));
  }
  await succeed(owner.notary(["publish", repository]));
  await alice.docker.must(["push", image], { env: { DOCKER_CONTENT_TRUST: "1" } });
}

/** Changes a repository's trust data: whatever was verified of it must be read again. */
export async function touchTrust(bench: GatewayBench, image: string, mark: string): Promise<void> {
  const repository = image.slice(0, image.lastIndexOf(":"));
  const sha256 = "ab".repeat(32);
  await succeed(bench.owner.notary(["addhash", "-p", repository, mark, "7", "--sha256", sha256]));
}

function processesOf(data: string): readonly number[] {
  const read = JSON.parse(readFileSync(join(data, "addresses.json"), "utf8")) as { pid: number };
  const children = readFileSync(`/proc/${read.pid}/task/${read.pid}/children`, "utf8");
  return [read.pid, ...children.trim().split(" ").filter(Boolean).map(Number)];
}

async function countChecks(folder: string, pids: readonly number[]): Promise<number> {
  for (const name of readdirSync(folder)) await rm(join(folder, name));
  for (const pid of pids) process.kill(pid, "SIGUSR2");
  for (let tries = 0; tries < 400; tries += 1) {
    const texts = readdirSync(folder).map((name) => readFileSync(join(folder, name), "utf8"));
    if (texts.length === pids.length && texts.every((text) => text.endsWith("\n")))
      return texts.reduce((sum, text) => sum + Number(text), 0);
    await delay(25);
  }
  throw new Error("the server does not tell how many signatures it has checked");
}
