import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { World } from "../world.ts";
import { createPassphrases } from "./passphrases.ts";

const o = { signal: new AbortController().signal };

function worldOf(
  env: World["env"],
  typed?: readonly string[],
): World & { readonly said: string[] } {
  const answers = [...(typed ?? [])];
  const said: string[] = [];
  const ask = (question: string): Promise<string> => {
    said.push(question);
    return Promise.resolve(answers.shift() ?? "");
  };
  return {
    env,
    workingDirectory: tmpdir(),
    homeDirectory: tmpdir(),
    clock: () => 0,
    out: () => undefined,
    err: (text) => void said.push(text),
    terminal: {
      canAsk: typed !== undefined,
      takesColour: false,
      ask,
      askSecret: ask,
      readInput: () => Promise.resolve(""),
    },
    said,
  };
}

const everything = {
  COUNTERSIGN_ROOT_PASSPHRASE: "ours for root",
  COUNTERSIGN_PASSPHRASE: "ours for all",
  DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE: "docker's for root",
  DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE: "docker's for the rest",
  NOTARY_ROOT_PASSPHRASE: "notary's for root",
  NOTARY_DELEGATION_PASSPHRASE: "notary's for delegations",
};

test.for([
  ["root", ["ours for root", "ours for all", "docker's for root", "notary's for root"]],
  ["targets", ["ours for all", "docker's for the rest"]],
  ["alice", ["ours for all", "docker's for the rest", "notary's for delegations"]],
] as const)(
  "for %s the environment is tried from the particular to the general",
  async ([role, all]) => {
    const passphrases = createPassphrases(worldOf(everything));
    const tried = [];
    for (let attempt = 0; attempt <= all.length; attempt += 1)
      tried.push(await passphrases.existing({ role }, attempt, o));
    expect(tried).toEqual([...all, undefined]);
    expect(await passphrases.fresh({ role }, 0, o)).toBe(all[0]);
    expect(await passphrases.fresh({ role }, 1, o)).toBeUndefined();
  },
);

test("the first line of a file is one too, for all keys or for a role", async () => {
  const directory = await mkdtemp(join(tmpdir(), "countersign-passphrase-"));
  const file = join(directory, "secret");
  await writeFile(file, "from the file\nand a note\n");
  const passphrases = createPassphrases(
    worldOf({ COUNTERSIGN_PASSPHRASE_FILE: file, COUNTERSIGN_PASSPHRASE: "from the variable" }),
  );
  expect(await passphrases.existing({ role: "bob" }, 0, o)).toBe("from the file");
  expect(await passphrases.existing({ role: "bob" }, 1, o)).toBe("from the variable");
  const lost = createPassphrases(worldOf({ COUNTERSIGN_ROOT_PASSPHRASE_FILE: `${file}.lost` }));
  await expect(lost.existing({ role: "root" }, 0, o)).rejects.toMatchObject({
    code: "cli/file-unreadable",
  });
  await rm(directory, { recursive: true });
});

test("on a terminal a role is asked about once, and again after a wrong answer", async () => {
  const world = worldOf({}, ["first", "second"]);
  const passphrases = createPassphrases(world);
  const key = { role: "alice", id: "1f0c9a771f0c9a77" };
  expect(await passphrases.existing(key, 0, o)).toBe("first");
  expect(await passphrases.existing({ ...key, id: "ab" }, 0, o)).toBe("first");
  expect(await passphrases.existing({ ...key, id: "ab" }, 1, o)).toBe("second");
  expect(world.said).toEqual([
    "Passphrase of the alice key 1f0c9a7: ",
    "That is not its passphrase.\n",
    "Passphrase of the alice key ab: ",
  ]);
});

test("a new passphrase has eight characters, is typed twice, and comes with a warning for root", async () => {
  const world = worldOf({}, ["short", "long enough", "not the same", "long enough", "long enough"]);
  const passphrases = createPassphrases(world);
  expect(await passphrases.fresh({ role: "root" }, 0, o)).toBeUndefined();
  expect(await passphrases.fresh({ role: "root" }, 1, o)).toBeUndefined();
  expect(await passphrases.fresh({ role: "root" }, 2, o)).toBe("long enough");
  expect(world.said.filter((text) => text.startsWith("This makes a root key."))).toHaveLength(1);
  expect(await passphrases.existing({ role: "root" }, 0, o)).toBe("long enough");
});

test("without a terminal nobody is asked", async () => {
  const world = worldOf({});
  const passphrases = createPassphrases(world);
  expect(await passphrases.existing({ role: "root" }, 0, o)).toBeUndefined();
  expect(await passphrases.fresh({ role: "root" }, 0, o)).toBeUndefined();
  expect(world.said).toEqual([]);
});
