import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createClient, type Client } from "#contracts";
import { httpsFetch } from "../../apps/cli/https-fetch.ts";
import { builtCommand } from "../harness/built.ts";
import { finish, succeed, type Ran } from "../harness/engine-world.ts";
import {
  makeTinyImageFolder,
  startEngine,
  whyNoEngine,
  type TestEngine,
} from "../harness/engine.ts";
import { startServer, type ServerUnderTest } from "../harness/server.ts";

const reason = whyNoEngine();
if (reason !== undefined) console.warn(`node installation tests skipped: ${reason}`);

describe.skipIf(reason !== undefined)("a node installed with one command", () => {
  let folder = "";
  let server: ServerUnderTest;
  let engine: TestEngine | undefined;
  let node: ChildProcess | undefined;
  let client: Client;
  let closeClient = (): void => undefined;
  let env: Readonly<Record<string, string>> = {};
  const plugin = `/run/docker/plugins/countersign-${process.pid}.sock`;

  const cli = (...args: readonly string[]): Promise<Ran> =>
    finish(spawn(process.execPath, [builtCommand("countersign"), ...args], { env, cwd: folder }));
  const docker = (...args: readonly string[]): Promise<Ran> =>
    finish(spawn("docker", ["-H", `unix://${join(folder, "docker.sock")}`, ...args]));

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "cs-installed-"));
    server = await startServer();
    const { fetch, close } = httpsFetch([server.ca]);
    closeClient = close;
    const signIn = createClient({ server: server.ui, fetch });
    const { token } = await signIn("signIn", {
      body: { username: "admin", password: server.adminPassword, transport: "bearer" },
    });
    client = createClient({ server: server.ui, fetch, ...(token === undefined ? {} : { token }) });
    env = {
      PATH: process.env["PATH"] ?? "",
      HOME: folder,
      COUNTERSIGN_SERVER: server.ui,
      COUNTERSIGN_CA: server.caFile,
      COUNTERSIGN_TOKEN: token ?? "",
    };
  });
  afterAll(async () => {
    await engine?.stop();
    if (node?.exitCode === null) {
      const gone = once(node, "exit");
      node.kill("SIGTERM");
      await gone;
    }
    closeClient();
    await server?.[Symbol.asyncDispose]();
    await rm(plugin, { force: true });
    await finish(
      spawn("sh", [
        "-c",
        `awk -v f='${folder}/' 'index($2, f) == 1 { print $2 }' /proc/mounts | sort -r | xargs -r -n1 umount -l`,
      ]),
    );
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  });

  test("install shows what it will write, and keeps what the engine was told before", async () => {
    const root = join(folder, "root");
    const daemon = join(root, "etc/docker/daemon.json");
    await mkdir(join(root, "etc/docker"), { recursive: true });
    await writeFile(daemon, '{"log-level":"warn","runtimes":{"other":{"path":"/bin/other"}}}');
    const args = ["node", "install", "--name", "node-1", "--root", root, "--with-gateway"];
    const places = ["--engine-socket", join(folder, "docker.sock"), "--runc", "/usr/sbin/runc"];
    const asked = await cli(...args, ...places);
    expect(asked.status).toBe(1);
    expect(asked.err).toContain(daemon);
    expect(existsSync(join(root, "etc/countersign"))).toBe(false);
    await succeed(cli("--yes", ...args, ...places, "--engine-data", join(folder, "data")));
    expect(JSON.parse(await readFile(daemon, "utf8"))).toEqual({
      "log-level": "warn",
      "authorization-plugins": ["countersign"],
      "default-runtime": "countersign",
      runtimes: {
        other: { path: "/bin/other" },
        countersign: { path: join(root, "usr/local/lib/countersign/guard") },
      },
    });
    expect(await client("user", { params: { user: "node-1" } })).toMatchObject({
      permission: "none",
      isAdmin: false,
    });
  });

  test("the node judges with the server's verdicts, and its refusals are among the decisions", async () => {
    const root = join(folder, "root");
    const file = join(root, "etc/countersign/node.toml");
    const guard = join(root, "usr/local/lib/countersign/guard");
    // This machine is shared: sockets of its own in the place of the system's.
    const config = (await readFile(file, "utf8"))
      .replace("/run/docker/plugins/countersign.sock", plugin)
      .replace("/run/countersign/guard.sock", join(folder, "guard.sock"));
    await writeFile(file, `${config}stateDirectory = ${JSON.stringify(join(folder, "state"))}\n`);
    const script = await readFile(guard, "utf8");
    await writeFile(
      guard,
      script.replace("/run/countersign/guard.sock", join(folder, "guard.sock")),
    );
    node = spawn(
      process.execPath,
      [builtCommand("countersign"), "engine-plugin", "--config", file],
      {
        env,
        stdio: ["ignore", "inherit", "inherit"],
      },
    );
    for (let tries = 0; tries < 200 && !existsSync(plugin); tries += 1) await delay(50);
    engine = await startEngine(
      ...["--data-root", join(folder, "data"), "-H", `unix://${join(folder, "docker.sock")}`],
      ...["--add-runtime", `countersign=${guard}`, "--default-runtime", "countersign"],
      `--authorization-plugin=countersign-${process.pid}`,
    );
    const rootfs = await makeTinyImageFolder(folder);
    const image = `${server.registryHost}/admin/web:1`;
    const host = `docker -H 'unix://${join(folder, "docker.sock")}'`;
    const bring = `tar -C '${rootfs}' -c . | ${host} import -c 'CMD ["echo","ran"]' - '${image}'`;
    await succeed(finish(spawn("sh", ["-c", bring])));
    expect((await succeed(docker("run", "--network", "none", image))).out).toBe("ran\n");

    await client("setPolicy", { body: { mode: "enforce", requiredTeams: [], ifVersion: 0 } });
    const refused = await docker("run", "--network", "none", image);
    expect(refused.status).not.toBe(0);
    expect(refused.err).toContain("authorization denied by plugin");
    let told: readonly string[] = [];
    for (let tries = 0; tries < 100 && told.length === 0; tries += 1) {
      await delay(100);
      const { decisions } = await client("listDecisions", { query: { limit: 10 } });
      told = decisions.map(({ gate, by, effect }) => `${gate} ${by} ${effect}`);
    }
    expect(told).toContain("engine-plugin node-1 refuse");
  });

  test("a node whose key was revoked starts nothing more", async () => {
    const policy = await client("policy");
    await client("setPolicy", {
      body: { mode: "off", requiredTeams: [], ifVersion: policy.version },
    });
    const image = `${server.registryHost}/admin/web:1`;
    await succeed(docker("run", "--network", "none", image));
    const [key] = await client("listKeys", { params: { user: "node-1" } });
    const params = { user: "node-1", fingerprint: key?.fingerprint ?? "" };
    await client("revokeKey", { params });
    expect((await docker("run", "--network", "none", image)).err).toContain("could not be judged");
  });

  test("uninstall leaves the engine as it was before", async () => {
    const root = join(folder, "root");
    await succeed(cli("--yes", "node", "uninstall", "--root", root));
    expect(JSON.parse(await readFile(join(root, "etc/docker/daemon.json"), "utf8"))).toEqual({
      "log-level": "warn",
      runtimes: { other: { path: "/bin/other" } },
    });
    expect(existsSync(join(root, "etc/countersign/node-key.pem"))).toBe(false);
  });
});
