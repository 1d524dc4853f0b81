import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { publicKeyFromPem } from "#domain/tuf";
import { startServerPair, type ServerPair } from "../harness/notary-server-pair.ts";
import { missing } from "../harness/peers.ts";
import { contentsOf, personalKey, seatOf, type Client, type PersonalKey } from "./drop-in-lab.ts";
import { differences, steps, type Step } from "./drop-in-steps.ts";

let pair: ServerPair;
let alice: PersonalKey;
let bob: PersonalKey;

/** The first word of an id, wherever chance made it. */
const ID = /\b[0-9a-f]{64}\b/g;

type Shown = { readonly exitCode: number; readonly out: string; readonly err: readonly string[] };

async function play(side: "go" | "ours", client: Client): Promise<Map<Step, Shown>> {
  const { url } = pair[side];
  const name = `${side === "go" ? "1" : "2"}-${client === "go" ? "theirs" : "ours-1"}`;
  const gun = `registry.test/acme/${client === "go" ? "theirs" : "ours-1"}-${side === "go" ? 1 : 2}`;
  const bench = { directory: pair.directory, url, caFile: pair.caFile };
  const seat = await seatOf(bench, client, name);
  const words = await fill(seat.home, gun, url);
  const shown = new Map<Step, Shown>();
  for (const step of steps) {
    const options = { ...(step.input === undefined ? {} : { input: step.input }) };
    const globals = step.globals === undefined ? {} : { globals: step.globals };
    const ran = await seat.run(step.args.map(words), { ...options, ...globals });
    const plain = (text: string): string =>
      text
        .replaceAll(gun, "registry.test/acme/collection")
        .replaceAll(gun.slice(-22), "registry.test/acme/collection".slice(-22))
        .replaceAll(seat.home, "HOME")
        .replaceAll(name, "PERSON")
        .replaceAll(url, "URL")
        .replaceAll(new URL(url).host, "HOST")
        // Which of the two hashes Go checks first changes from run to run.
        .replaceAll(/sha(?:256|512)( checksum for \S+ did not match: expected) [0-9a-f]+/g, "sha$1")
        .replaceAll(ID, "#".repeat(64))
        .replaceAll(/^(?!-----|[a-z]+: )[A-Za-z0-9+/=]{40,}$/gm, "BASE64");
    shown.set(step, {
      exitCode: ran.exitCode,
      out: plain(ran.out),
      err: plain(ran.err)
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => line.replace(/^time="[^"]*" /, "")),
    });
  }
  const kept = JSON.stringify(await contentsOf(seat.trust));
  contents.set(`${side} ${client}`, JSON.parse(kept.replaceAll(gun, "GUN")) as unknown);
  return shown;
}

const contents = new Map<string, unknown>();

/** What the words in braces stand for. */
async function fill(home: string, gun: string, url: string): Promise<(word: string) => string> {
  const file = async (name: string, content: string): Promise<string> => {
    const path = join(home, name);
    await writeFile(path, content);
    return path;
  };
  const config = (more: object, directory: string): string =>
    JSON.stringify({
      trust_dir: join(home, directory),
      remote_server: { url, root_ca: "ca.pem" },
      ...more,
    });
  await copyFile(pair.caFile, join(home, "ca.pem"));
  await mkdir(join(home, "empty"), { recursive: true });
  const idOf = async ({ publicFile }: PersonalKey): Promise<string> =>
    publicKeyFromPem(await readFile(publicFile, "utf8")).id;
  const values = new Map([
    ["gun", gun],
    ["url", url],
    ["file", await file("file.txt", "hello\n")],
    ["nofile", join(home, "none.json")],
    ["custom", await file("custom.json", '{"a":[1,"x"],"b":null}')],
    ["alice", alice.publicFile],
    ["bob", bob.publicFile],
    ["alice-key", alice.privateFile],
    ["bob-key", bob.privateFile],
    ["alice-id", await idOf(alice)],
    ["bob-id", await idOf(bob)],
    ["config", await file("config.json", config({}, "configured"))],
    [
      "pinned",
      await file("pinned.json", config({ trust_pinning: { certs: { [gun]: ["ab"] } } }, "pinned")),
    ],
    [
      "no-tofu",
      await file("no-tofu.json", config({ trust_pinning: { disable_tofu: true } }, "no-tofu")),
    ],
    [
      "bad-pins",
      await file("bad-pins.json", config({ trust_pinning: { certs: { [gun]: "ab" } } }, "bad")),
    ],
  ]);
  return (word) =>
    word.replaceAll(/\{([a-z-]+)\}/g, (braces, name: string) => values.get(name) ?? braces);
}

/** `--publish`, `-p` and the type of each flag, and the names of commands. */
function skeleton(help: string): readonly string[] {
  return help
    .split("\n")
    .map(
      (line) =>
        /^ {2,6}(?:-\w, )?--[\w-]+(?: \w+)?|^ {2}\w+(?= {2,})|^\S.*:$|^\* fatal.*|^ {2}notary.*/.exec(
          line,
        )?.[0] ?? "",
    )
    .filter((line) => line !== "" && !/completion|--help/.test(line));
}

describe.skipIf(missing("notary", "notary-server"))("the two notary clients", () => {
  beforeAll(async () => {
    pair = await startServerPair();
    alice = await personalKey(pair.directory, "alice");
    bob = await personalKey(pair.directory, "bob");
  });
  afterAll(async () => await pair[Symbol.asyncDispose]());

  test.for(["go", "ours"] as const)(
    "answer alike before the %s server",
    { timeout: 300_000 },
    async (side) => {
      const go = await play(side, "go");
      const ours = await play(side, "ours");
      for (const step of steps) {
        const [theirs, own] = [go.get(step), ours.get(step)];
        if (theirs === undefined || own === undefined) throw new Error("a step was left out");
        const shown = `notary ${step.args.join(" ")}`;
        if (step.differs === undefined)
          expect.soft([own.exitCode, own.out], shown).toEqual([theirs.exitCode, theirs.out]);
        else if (step.differs === "usage")
          expect.soft(skeleton(own.out), shown).toEqual(skeleton(theirs.out));
        else expect.soft(own.out, `${shown}: differs no more`).not.toBe(theirs.out);
      }
      expect.soft(contents.get(`${side} ours`)).toEqual(contents.get(`${side} go`));
    },
  );

  test("every difference is written down", async () => {
    const page = resolve(import.meta.dirname, "../../docs/reference/notary-client.md");
    const text = (await readFile(page, "utf8")).replaceAll(/\s+/g, " ");
    for (const why of Object.values(differences)) expect(text).toContain(why);
  });
});
