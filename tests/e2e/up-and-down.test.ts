import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { builtCommand } from "../harness/built.ts";
import { noEngine } from "../harness/peers.ts";
import { runPeer, type Ran } from "../harness/peers-run.ts";
import { freePorts } from "../harness/server.ts";

const project = resolve(import.meta.dirname, "../..");
const engine = noEngine() ? "none" : "private";
let data: string;
let env: Record<string, string>;
let password = "";

beforeAll(async () => {
  data = mkdtempSync(join(tmpdir(), "countersign-up-"));
  const [port, gatewayPort] = await freePorts();
  env = {
    DATA: data,
    HOST: `localhost:${port}`,
    GATEWAY: `localhost:${gatewayPort}`,
    ENGINE: engine,
  };
});
afterAll(async () => {
  await script("down");
  rmSync(data, { recursive: true, force: true });
});

const script = (name: string, more: Record<string, string> = {}): Promise<Ran> =>
  runPeer(process.execPath, [`scripts/${name}.ts`], {
    cwd: project,
    env: { ...env, ...more },
    timeoutMs: 120_000,
  });
const countersign = (...args: readonly string[]): Promise<Ran> =>
  runPeer(process.execPath, [builtCommand("countersign"), ...args], {
    cwd: data,
    env: {
      HOME: data,
      COUNTERSIGN_SERVER: `https://${env["HOST"]}`,
      COUNTERSIGN_DATA: data,
      COUNTERSIGN_PASSWORD: password,
    },
  });

test("make up says where everything is, with the first password", async () => {
  const { exitCode, out } = await script("up");
  expect(exitCode).toBe(0);
  expect(out).toContain(`https://${env["HOST"]}`);
  expect(out).toContain(`DOCKER_HOST  tcp://${env["GATEWAY"]}`);
  expect(Math.max(...out.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
  password = /admin, password (\S+)/.exec(out)?.[1] ?? "";
  expect(await countersign("login", "admin")).toMatchObject({ exitCode: 0 });
  expect(await countersign("org", "create", "acme")).toMatchObject({ exitCode: 0 });
  const status = await countersign("status");
  expect(status.out).toMatch(engine === "none" ? /engine +none/ : /engine +ready/);
});

test("a second make up says that it runs, and does not repeat the password", async () => {
  const { exitCode, out } = await script("up");
  expect(exitCode).toBe(0);
  expect(out).toContain("already runs");
  expect(out).not.toContain("password");
});

test("another host is refused while it runs", async () => {
  const { exitCode, err } = await script("up", { HOST: "localhost:1443" });
  expect(exitCode).toBe(1);
  expect(err).toContain(`it already runs as ${env["HOST"]}`);
});

test("after a power cut make up goes on where it was", async () => {
  const { pid } = JSON.parse(readFileSync(join(data, "server.pid"), "utf8")) as { pid: number };
  process.kill(pid, "SIGKILL");
  const { exitCode, out } = await script("up");
  expect(exitCode).toBe(0);
  expect(out).not.toContain("password");
  expect(await countersign("org", "list", "-q")).toMatchObject({ exitCode: 0, out: "acme\n" });
});

test("make logs shows the events", async () => {
  const { exitCode, out } = await script("logs");
  expect(exitCode).toBe(0);
  expect(out).toContain("server.started");
});

test("make down stops everything, and can be repeated", async () => {
  expect(await script("down")).toMatchObject({ exitCode: 0 });
  expect((await countersign("status")).err).toContain("does not answer");
  const mounts = readFileSync("/proc/mounts", "utf8");
  expect(mounts).not.toContain(data);
  expect((await script("down")).out).toContain("nothing runs");
});

test("another host warns what no longer fits, and then stays", async () => {
  const [port] = await freePorts();
  const { exitCode, out } = await script("up", { HOST: `localhost:${port}` });
  expect(exitCode).toBe(0);
  expect(out.replaceAll(/\s+/g, " ")).toContain(
    `warning: the registry was ${env["HOST"]} and becomes localhost:${port}`,
  );
  expect(await script("down")).toMatchObject({ exitCode: 0 });
  expect((await script("up", { HOST: "" })).out).toContain(`https://localhost:${port}`);
  expect(await script("down")).toMatchObject({ exitCode: 0 });
});

test("a port that is taken is one clear sentence", async () => {
  const port = Number(env["HOST"]?.split(":")[1]);
  const other = createServer();
  await new Promise<void>((done) => other.listen(port, "127.0.0.1", done));
  try {
    const { exitCode, err } = await script("up");
    expect(exitCode).toBe(1);
    expect(err).toMatch(/^error: port \d+ is in use by another program; .*\n$/);
  } finally {
    await new Promise((done) => other.close(done));
  }
});
