import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { World } from "#apps/drop-in";
import { run } from "./program.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "countersign-notary-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

type Told = { readonly exitCode: number; readonly out: string; readonly err: string };

/** Runs a command for somebody who types these lines. */
async function type(
  args: readonly string[],
  lines: readonly string[] = [],
  more: { readonly isTerminal?: boolean; readonly env?: World["env"] } = {},
): Promise<Told> {
  const left = [...lines];
  const next = (): Promise<string | undefined> => Promise.resolve(left.shift());
  let out = "";
  let err = "";
  const exitCode = await run(args, {
    env: more.env ?? {},
    workingDirectory: directory,
    homeDirectory: directory,
    clock: Date.now,
    out: (text) => (out += Buffer.from(text).toString()),
    err: (text) => (err += text),
    input: {
      isTerminal: more.isTerminal ?? true,
      line: next,
      secret: next,
      all: () => Promise.resolve(Buffer.from(left.join("\n"))),
      close: () => undefined,
    },
  });
  return { exitCode, out, err };
}

const plain = (text: string): string =>
  text.replaceAll(/\b[0-9a-f]{64}\b/g, "ID").replaceAll(/\bID [0-9a-f]{7}\b/g, "ID 1234567");

test("a new passphrase is asked for twice, until it is long enough and repeated alike", async () => {
  const typed = ["short", "long enough", "other", "long enough", "long enough"];
  const { exitCode, out } = await type(["key", "generate", "-r", "someone"], typed);
  expect([exitCode, plain(out)]).toEqual([
    0,
    [
      "Enter passphrase for new someone key with ID 1234567: ",
      "Passphrase is too short: it takes 8 characters or more. Please retry.",
      "Enter passphrase for new someone key with ID 1234567: ",
      "Repeat passphrase for new someone key with ID 1234567: ",
      "Passphrases do not match. Please retry.",
      "Enter passphrase for new someone key with ID 1234567: ",
      "Repeat passphrase for new someone key with ID 1234567: ",
      "Generated new ecdsa someone key with keyID: ID",
      "",
    ].join("\n"),
  ]);
});

test("the first root key comes with a word of warning", async () => {
  const { out } = await type(["key", "generate"], ["long enough", "long enough"]);
  expect(out).toContain("nobody can replace it for you");
});

test("a wrong passphrase may be tried again, and four wrong ones are enough", async () => {
  await type(["key", "generate", "-r", "someone"], ["long enough", "long enough"]);
  const [name = ""] = readdirSync(join(directory, ".notary/private"));
  const id = name.replace(".key", "");
  const typed = ["wrong", "long enough", "longer than that", "longer than that"];
  const changed = await type(["key", "passwd", id], typed);
  expect([changed.exitCode, changed.out.match(/Passphrase incorrect/g)?.length]).toEqual([0, 1]);
  const failed = await type(["key", "passwd", id], ["1", "2", "3", "4", "longer than that"]);
  expect([failed.exitCode, failed.out]).toEqual([
    1,
    expect.stringMatching(/\n\* fatal: password invalid, operation has failed\.\n$/),
  ]);
});

test("without a terminal and without a variable there is no passphrase", async () => {
  const { exitCode, out } = await type(["key", "generate"], ["long enough"], { isTerminal: false });
  expect([exitCode, out]).toEqual([
    1,
    "\n* fatal: Failed to create a new root key: maximum number of passphrase attempts exceeded\n",
  ]);
});

test("a variable is taken as it is, however short", async () => {
  const env = { NOTARY_DELEGATION_PASSPHRASE: "short" };
  const made = await type(["key", "generate", "-r", "someone"], [], { isTerminal: false, env });
  expect(made.exitCode).toBe(0);
});

test.for([
  ["../x"],
  ["/etc/x"],
  ["a/../../b"],
  ["a//b"],
  ["a b"],
  ["a?b"],
  ["a%2fb"],
  [""],
  ["x".repeat(256)],
])("%o names no collection", async ([gun]) => {
  const { exitCode, out } = await type(["add", gun ?? "", "v1", join(directory, "none")]);
  expect([exitCode, out]).toEqual([1, expect.stringContaining("* fatal: invalid GUN")]);
});

test.for([["bash"], ["zsh"], ["fish"]])("%s can complete", async ([shell = ""]) => {
  const { exitCode, out } = await type(["completion", shell]);
  expect([exitCode, out]).toEqual([0, expect.stringContaining("rotate")]);
});

test("nothing steers the terminal, whatever is named so", async () => {
  const name = "x\u001b[2J\u009b31m\u202e\r";
  const ran = await type(["key", "export", "-k", name, "-o", "file"]);
  const told = await type(["lookup", name, "1.0"]);
  for (const { out, err } of [ran, told])
    // oxlint-disable-next-line no-control-regex -- just these must not be there
    expect(out + err).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
  expect(told.out).toContain("invalid GUN");
});
