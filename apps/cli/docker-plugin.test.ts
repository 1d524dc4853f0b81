import { execFile } from "node:child_process";
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";
import { installPlugin, pluginFile, seenBy, stateOf, uninstallPlugin } from "./docker-plugin.ts";
import type { World } from "./world.ts";

const run = promisify(execFile);
let folder = "";

beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), "countersign-plugin-")), "it's a $HOME");
  await mkdir(folder);
});
afterEach(async () => await rm(join(folder, ".."), { recursive: true, force: true }));

function world(env: Readonly<Record<string, string>>): World {
  return {
    env,
    workingDirectory: folder,
    homeDirectory: folder,
    clock: () => 0,
    out: () => undefined,
    err: () => undefined,
    terminal: {
      canAsk: false,
      takesColour: false,
      ask: () => Promise.resolve(""),
      askSecret: () => Promise.resolve(""),
      readInput: () => Promise.resolve(""),
    },
  };
}

async function installed(): Promise<{ readonly file: string; readonly program: string }> {
  const program = join(folder, "program.mjs");
  await writeFile(program, "console.log(JSON.stringify(process.argv.slice(2)))");
  const file = pluginFile(world({}), {});
  await installPlugin(file, program);
  return { file, program };
}

test("the launcher hands on its arguments as they are, wherever it and its program lie", async () => {
  const { file } = await installed();
  expect(file).toBe(join(folder, ".docker/cli-plugins/docker-trust"));
  const words = ["trust", "sign", "a b", "$HOME", "'", ""];
  expect(JSON.parse((await run(file, words)).stdout)).toEqual(words);
});

test("a launcher whose Node.js is gone takes the one in PATH", async () => {
  const { file } = await installed();
  const text = await readFile(file, "utf8");
  await writeFile(file, text.replace(/^node=.*$/m, "node=/nowhere/node"));
  const bin = join(folder, "bin");
  await mkdir(bin);
  await writeFile(join(bin, "node"), '#!/bin/sh\necho "found: $2"\n');
  await chmod(join(bin, "node"), 0o755);
  const { stdout } = await run(file, ["trust"], { env: { PATH: `${bin}:/bin:/usr/bin` } });
  expect(stdout).toBe("found: trust\n");
});

test("a launcher whose program is gone says what to do", async () => {
  const { file, program } = await installed();
  await rm(program);
  await expect(run(file, ["trust"])).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringContaining("countersign docker-plugin install") as string,
  });
});

test("what is ours is told from what is not, and taken away", async () => {
  const { file } = await installed();
  expect((await stat(file)).mode & 0o777).toBe(0o755);
  expect(await stateOf(file)).toBe("ours");
  await uninstallPlugin(file);
  expect(await stateOf(file)).toBe("absent");
  await writeFile(file, "\u007fELF another program");
  expect(await stateOf(file)).toBe("foreign");
});

test("docker's folder may be elsewhere, and the system's is one for all", () => {
  const elsewhere = pluginFile(world({ DOCKER_CONFIG: "config" }), {});
  expect(elsewhere).toBe(join(folder, "config/cli-plugins/docker-trust"));
  const system = pluginFile(world({}), { system: true });
  expect(system).toBe("/usr/local/lib/docker/cli-plugins/docker-trust");
});

test("a folder that cannot be written is told by its file", async () => {
  await writeFile(join(folder, ".docker"), "in the way");
  await expect(installed()).rejects.toMatchObject({ code: "cli/file-unwritable" });
});

test.for([
  ["runs", `[{"Name":"trust","Path":"FILE"}]`],
  ["built-in", `[{"Path":"FILE","Err":"plugin \\"trust\\" duplicates builtin command"}]`],
  ["not-found", "[]"],
  ["not-found", "null"],
  ["not-found", "Client: Docker"],
] as const)("docker's answer means: %s (%#)", async ([seen, answer]) => {
  const { file } = await installed();
  const docker = join(folder, "docker");
  await writeFile(docker, `#!/bin/sh\ncat <<'END'\n${answer.replace("FILE", file)}\nEND\nexit 1\n`);
  await chmod(docker, 0o755);
  expect(await seenBy(world({ PATH: `${folder}:/bin:/usr/bin` }), file)).toBe(seen);
});

test("without docker there is nobody to run it", async () => {
  const { file } = await installed();
  expect(await seenBy(world({ PATH: join(folder, "none") }), file)).toBe("no-docker");
});
