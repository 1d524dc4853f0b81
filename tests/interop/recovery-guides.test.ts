import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { builtCommand } from "../harness/built.ts";
import { missing } from "../harness/peers.ts";
import { runPeer } from "../harness/peers-run.ts";
import { openPeopleLab, type PeopleLab, type Person } from "./people-lab.ts";

const guides = resolve(import.meta.dirname, "../../docs/guides");
type Block = { readonly who: string; readonly lines: readonly string[] };

/** The commands of a guide's section, as its readers type them. Each block says in its first line who does. */
async function blocksOf(guide: string, section: string): Promise<readonly Block[]> {
  const text = await readFile(join(guides, `${guide}.md`), "utf8");
  const part = text.split(/^## /m).find((each) => each.startsWith(`${section}\n`)) ?? "";
  return [...part.matchAll(/```sh\n# (\w+)[^\n]*\n([^]*?)```/g)].map(([, who = "", body = ""]) => ({
    who,
    lines: body.trim().split("\n"),
  }));
}

/** Every line as it stands; one that says `# exit code 1` has to end so, all others well. */
function scriptOf(lines: readonly string[]): string {
  return lines
    .map((line) => {
      const expected = /# exit code ([0-9])$/.exec(line)?.[1] ?? "0";
      return `${line}\ncode=$?; [ $code -eq ${expected} ] || { echo "exit code $code" >&2; exit 99; }`;
    })
    .join("\n");
}

describe.skipIf(missing("notary", "docker"))("the recovery guides, command by command", () => {
  let lab: PeopleLab;
  let bin: string;
  let repositories = 0;
  const people = new Map<string, Person>();
  beforeAll(async () => {
    lab = await openPeopleLab();
    for (const name of ["alice", "bob", "admin"]) people.set(name, await lab.person(name));
    bin = join(person("admin").home, "bin");
    await mkdir(bin);
    const command = `#!/bin/sh\nexec ${process.execPath} ${builtCommand("countersign")} "$@"\n`;
    await writeFile(join(bin, "countersign"), command, { mode: 0o755 });
  }, 120_000);
  afterAll(async () => {
    await lab[Symbol.asyncDispose]();
  });

  function person(name: string): Person {
    const found = people.get(name);
    if (found === undefined) throw new Error(`nobody is called ${name}`);
    return found;
  }

  const succeed = async (who: Person, args: readonly string[]): Promise<void> => {
    const env = { COUNTERSIGN_BACKUP_PASSPHRASE: "backup passphrase" };
    const ran = await who.run(args, { env });
    if (ran.exitCode !== 0) throw new Error(`${args.join(" ")}: ${ran.err}`);
  };

  /** A repository of alice's that bob may sign, an image that both signed, and a backup of each one's keys. */
  const prepare = async (): Promise<string> => {
    for (const one of people.values()) {
      await rm(one.trustDirectory, { recursive: true, force: true });
      await rm(join(one.home, "keys.backup"), { force: true });
      await rm(join(one.home, "keys-new.backup"), { force: true });
    }
    const repository = `acme/web-${(repositories += 1)}`;
    const [alice, bob] = [person("alice"), person("bob")];
    await lab.push(repository, "1", repository);
    await succeed(alice, ["sign", `${repository}:1`, "--yes"]);
    await bob.run(["sign", `${repository}:1`, "--yes"]); // makes bob's key; he may not sign yet
    await succeed(alice, ["signer", "add", repository, "bob", "--yes"]);
    await succeed(bob, ["sign", `${repository}:1`]);
    for (const one of [alice, bob]) await succeed(one, ["key", "backup", "keys.backup"]);
    return repository;
  };

  /** How many blocks of commands were run. */
  const follow = async (guide: string, section: string, repository: string): Promise<number> => {
    const blocks = await blocksOf(guide, section);
    for (const { who, lines } of blocks) {
      const { env, home } = person(who);
      const notary = `notary() { command notary -s ${lab.server.ui} -d ~/.docker/trust --tlscacert ${lab.server.caFile} "$@"; }`;
      const script = `${notary}\n${scriptOf(lines)}`
        .replaceAll("localhost:8443", lab.host)
        .replaceAll("acme/web", repository)
        .replaceAll("/tmp/bob.pub", join(person("admin").home, "bob.pub"));
      const { adminPassword } = lab.server;
      const auth = Buffer.from(`admin:${adminPassword}`).toString("base64");
      const admin =
        who === "admin" ? { COUNTERSIGN_PASSWORD: adminPassword, NOTARY_AUTH: auth } : {};
      const ran = await runPeer("bash", ["-c", script], {
        cwd: home,
        env: {
          ...env,
          ...admin,
          PATH: `${bin}:${env["PATH"] ?? ""}`,
          COUNTERSIGN_BACKUP_PASSPHRASE: "backup passphrase",
        },
      });
      if (ran.exitCode !== 0) throw new Error(`${lines.join("; ")}\n${ran.out}${ran.err}`);
    }
    return blocks.length;
  };

  const loseAll = (name: string) => async (): Promise<void> => {
    const { trustDirectory } = person(name);
    await rename(trustDirectory, `${trustDirectory}.lost-${repositories}`);
  };
  const loseKeys = (name: string, role: string) => async (): Promise<void> => {
    const { trustDirectory } = person(name);
    const { out } = await person(name).run(["key", "doctor", "--offline", "--format", "json"]);
    const { keys } = JSON.parse(out) as { keys: readonly { id: string; role: string }[] };
    const lost = keys.filter((key) => key.role === role);
    expect(lost).not.toEqual([]);
    for (const { id } of lost) await rm(join(trustDirectory, "private", `${id}.key`));
  };
  const nothing = (): Promise<void> => Promise.resolve();

  test.for([
    ["recover-a-delegation-key", "Lost, with a backup", loseAll("bob")],
    ["recover-a-delegation-key", "Lost, without a backup", loseAll("bob")],
    ["recover-a-delegation-key", "With notary", loseKeys("bob", "bob")],
    ["recover-a-targets-key", "With a backup", loseKeys("alice", "targets")],
    ["recover-a-targets-key", "Without a backup, or stolen", loseKeys("alice", "targets")],
    ["recover-a-targets-key", "With notary", loseKeys("alice", "targets")],
    ["recover-a-root-key", "Lost, with a backup", loseKeys("alice", "root")],
    ["recover-a-root-key", "Stolen, and still held", nothing],
    ["recover-a-root-key", "Lost, without a backup", loseKeys("alice", "root")],
    ["recover-a-delegation-key", "Stolen: stop it first", nothing],
  ] as const)("%s: %s", { timeout: 60_000 }, async ([guide, section, lose]) => {
    const repository = await prepare();
    await lose();
    expect(await follow(guide, section, repository)).toBeGreaterThan(0);
  });
});
