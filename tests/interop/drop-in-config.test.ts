import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { builtCommand } from "../harness/built.ts";
import { mustRun, runPeer, type Ran } from "../harness/peers-run.ts";

let folder = "";
let keys = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "countersign-notary-config-"));
  keys = join(folder, "keys");
  await mkdir(keys);
  const env = { HOME: folder, NOTARY_ROOT_PASSPHRASE: "a long passphrase" };
  await mustRun("notary", ["-d", keys, "key", "generate"], { env });
});
afterAll(async () => await rm(folder, { recursive: true, force: true }));

/** `key list` of both clients, with the trust directory that only the configuration names. */
async function both(file: string, content: string): Promise<readonly [Ran, Ran]> {
  const path = join(folder, file);
  await writeFile(path, content);
  const args = ["-c", path, "key", "list"];
  const env = { HOME: folder, PATH: `${dirname(process.execPath)}:${process.env["PATH"] ?? ""}` };
  return [
    await runPeer("notary", args, { env }),
    await runPeer(builtCommand("notary"), args, { env }),
  ];
}

test.for([
  ["c.json", (directory: string) => JSON.stringify({ trust_dir: directory })],
  ["c.toml", (directory: string) => `trust_dir = "${directory}"\n`],
  ["c.yaml", (directory: string) => `# where\ntrust_dir: "${directory}"\n`],
  ["c.yml", (directory: string) => `Trust_Dir: ${directory}\n`],
] as const)("both clients read %s", async ([file, written]) => {
  const [theirs, ours] = await both(file, written(keys));
  expect(theirs).toMatchObject({ exitCode: 0 });
  expect(theirs.out).toMatch(/root +[0-9a-f]{64}/);
  expect([ours.exitCode, ours.out]).toEqual([0, theirs.out]);
});

test("neither reads what is no YAML", async () => {
  for (const ran of await both("broken.yaml", "trust_dir: [\n"))
    expect(ran).toMatchObject({ exitCode: 1, out: expect.stringContaining("* fatal: ") as string });
});

test.for([
  ["twice.yaml", "trust_dir: /a\ntrust_dir: /b\n"],
  ["alias.yaml", "a: &a [1, 2]\nb: [*a, *a]\n"],
] as const)(
  "ours refuses what may be read in two ways, or stands for more: %s",
  async ([file, content]) => {
    const [, ours] = await both(file, content);
    expect(ours).toMatchObject({ exitCode: 1 });
    expect(ours.out).toContain("While parsing config: ");
  },
);
