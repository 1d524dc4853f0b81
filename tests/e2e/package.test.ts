import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { builtCommand } from "../harness/built.ts";
import { mustRun, runPeer, type Ran } from "../harness/peers-run.ts";
import { freePorts } from "../harness/server.ts";

const project = resolve(import.meta.dirname, "../..");
/** Ours first, as in a project that installed the package. */
const path = `${dirname(process.execPath)}:${process.env["PATH"] ?? ""}`;
let folder = "";

beforeAll(async () => {
  builtCommand("countersign");
  folder = await mkdtemp(join(tmpdir(), "countersign-package-"));
  const pack = ["pack", "--ignore-scripts", "--json", "--pack-destination", folder];
  await mustRun("npm", pack, { cwd: project, env: { HOME: folder } });
  await writeFile(join(folder, "package.json"), '{ "private": true }');
  const archive = (await readdir(folder)).find((name) => name.endsWith(".tgz")) ?? "";
  // Offline, without the Node.js that it may bring: what was packed must be enough.
  const install = ["install", "--offline", "--omit=optional", "--no-audit", "--no-fund", archive];
  await mustRun("npm", install, { cwd: folder, env: { HOME: folder } });
});

afterAll(async () => await rm(folder, { recursive: true, force: true }));

const command = (name: string, args: readonly string[], env = {}): Promise<Ran> =>
  runPeer(join(folder, "node_modules/.bin", name), args, {
    cwd: folder,
    env: { PATH: path, HOME: folder, ...env },
  });

test("the package brings its commands, and needs no other package", async () => {
  expect(await command("countersign", ["--version"])).toMatchObject({ exitCode: 0, err: "" });
  expect(await command("notary", ["version"])).toMatchObject({ exitCode: 0, err: "" });
  const modules = await readdir(join(folder, "node_modules"));
  expect(modules.filter((name) => !name.startsWith("."))).toEqual(["countersign"]);
});

test("every command of the package can be loaded", async () => {
  const { out } = await command("countersign", ["--help"]);
  const [, listed = ""] = out.split("Commands:\n");
  const names = [...listed.matchAll(/^ {2}([a-z-]+)/gm)].map(([, name = ""]) => name);
  expect(names.length).toBeGreaterThan(10);
  for (const name of names)
    expect(await command("countersign", [name, "--help"])).toMatchObject({ exitCode: 0, err: "" });
});

test("the server of the package starts as far as its configuration", async () => {
  const printed = await command("countersign", ["serve", "--print-config"]);
  expect(printed).toMatchObject({ exitCode: 0, err: "" });
});

test("the server of the package brings its pages", async () => {
  const data = join(folder, "data");
  const [port, gatewayPort] = await freePorts();
  const server = spawn(join(folder, "node_modules/.bin/countersign"), ["serve"], {
    cwd: folder,
    stdio: "ignore",
    env: {
      PATH: path,
      HOME: folder,
      COUNTERSIGN_DATA: data,
      COUNTERSIGN_ENGINE: "none",
      COUNTERSIGN_HOST: `localhost:${port}`,
      COUNTERSIGN_LISTEN: `127.0.0.1:${port}`,
      COUNTERSIGN_GATEWAY_HOST: `localhost:${gatewayPort}`,
      COUNTERSIGN_GATEWAY_LISTEN: `127.0.0.1:${gatewayPort}`,
    },
  });
  const ended = once(server, "exit");
  try {
    const page = [
      "--silent",
      "--fail",
      "--retry",
      "60",
      "--retry-delay",
      "1",
      "--retry-all-errors",
    ];
    const address = `https://localhost:${port}/`;
    const got = await mustRun("curl", [...page, "--insecure", address], { cwd: folder });
    expect(got).toContain('<div id="root">');
  } finally {
    server.kill("SIGTERM");
    await ended;
  }
});

test("the licences of what is bundled come with it", async () => {
  const licences = await mustRun("cat", ["node_modules/countersign/dist/bin/licences.txt"], {
    cwd: folder,
  });
  for (const name of ["commander", "kysely", "pino", "zod"])
    expect(licences).toMatch(new RegExp(`^${name} \\d`, "m"));
});

test("what was compiled is kept for its user alone", async () => {
  const home = join(folder, "home");
  await mkdir(home, { mode: 0o700 });
  await command("countersign", ["--version"], { HOME: home });
  expect(await readdir(join(home, ".cache/countersign/compiled"))).toHaveLength(1);
});

test.for([
  ["a home that cannot be written", async (home: string) => await chmod(home, 0o500)],
  ["a home that is not there", async (home: string) => await rm(home, { recursive: true })],
  ["a home that others may write to", async (home: string) => await chmod(home, 0o777)],
  ["a cache that is a file", async (home: string) => await writeFile(join(home, ".cache"), "")],
] as const)("%s changes nothing that is seen", async ([, spoil]) => {
  const home = await mkdtemp(join(folder, "home-"));
  await spoil(home);
  const ran = await command("countersign", ["--version"], { HOME: home });
  expect(ran).toMatchObject({ exitCode: 0, err: "" });
  await chmod(home, 0o700).catch(() => undefined); // the one that is not there
});
