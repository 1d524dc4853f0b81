import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { publicKeyFromPem } from "#domain/tuf";
import { startServerPair, type ServerPair } from "../harness/notary-server-pair.ts";
import { missing } from "../harness/peers.ts";
import { contentsOf, personalKey, seatOf, type Client, type Seat } from "./drop-in-lab.ts";

const yes = { input: "yes\n" };
const clients = ["go", "ours"] as const;

describe.skipIf(missing("notary", "notary-server"))("root keys that are brought along", () => {
  let pair: ServerPair;
  let file: string;
  beforeAll(async () => {
    pair = await startServerPair();
    file = join(pair.directory, "content.txt");
    await writeFile(file, "hello\n");
  });
  afterAll(async () => await pair[Symbol.asyncDispose]());

  const seat = (client: Client, name: string, side: "go" | "ours" = "go"): Promise<Seat> => {
    const bench = { directory: pair.directory, url: pair[side].url, caFile: pair.caFile };
    return seatOf(bench, client, name);
  };
  /** An encrypted key in a file, as `key generate -o` of that client makes it; gives its id. */
  const inFile = async (who: Seat, name: string): Promise<string> => {
    const elsewhere = await seat(who.client, `${name}-maker-${who.client}`);
    const path = join(who.home, name);
    await elsewhere.must(["key", "generate", "-o", path]);
    return publicKeyFromPem(await readFile(`${path}.pem`, "utf8")).id;
  };
  const rootsOf = async (who: Seat): Promise<readonly string[]> =>
    (await who.must(["key", "list"]))
      .split("\n")
      .filter((line) => line.startsWith("root"))
      .map((line) => /[0-9a-f]{64}/.exec(line)?.[0] ?? "");
  const signaturesIn = async (who: Seat, gun: string): Promise<number> => {
    const path = join(who.trust, "tuf", gun, "metadata/root.json");
    return (JSON.parse(await readFile(path, "utf8")) as { signatures: unknown[] }).signatures
      .length;
  };

  test("init --rootkey begins a collection with it, alike", async () => {
    const shown = new Map<Client, unknown>();
    for (const client of clients) {
      const who = await seat(client, `brought-${client}`);
      const gun = `registry.test/acme/brought-${client}`;
      const id = await inFile(who, "root");
      const key = join(who.home, "root-key.pem");
      const clear = await personalKey(who.home, "clear");
      const refused = await who.run(["init", gun, "--rootkey", clear.privateFile]);
      const absent = await who.run(["init", gun, "--rootkey", join(who.home, "none.pem")]);
      const ran = await who.run(["init", gun, "--rootkey", key, "-p"]);
      expect(ran).toMatchObject({ exitCode: 0 });
      expect(await rootsOf(who)).toEqual([id]);
      const plain = (text: string): string =>
        text.replaceAll(gun, "GUN").replaceAll(who.home, "HOME").replaceAll(id, "ID");
      shown.set(client, [
        [refused.exitCode, plain(refused.out), absent.exitCode, plain(absent.out), plain(ran.out)],
        JSON.parse(JSON.stringify(await contentsOf(who.trust)).replaceAll(gun, "GUN")),
      ]);
    }
    expect(shown.get("ours")).toEqual(shown.get("go"));
  });

  test.for(clients)(
    "before the %s server ours rotates with -k to them, and everybody follows",
    { timeout: 120_000 },
    async (side) => {
      const who = await seat("ours", `rotated-${side}`, side);
      const gun = `registry.test/acme/rotated-${side}`;
      await who.must(["init", gun, "-p"]);
      const readers = await Promise.all(
        clients.map((one) => seat(one, `reader-${side}-${one}`, side)),
      );
      for (const reader of readers) await reader.must(["list", gun]);
      const root = await inFile(who, "next");
      const targets = await inFile(who, "targets");
      const keyFile = (name: string): string => join(who.home, `${name}-key.pem`);
      await who.must(["key", "rotate", gun, "root", "-k", keyFile("next")], yes);
      await who.must(["key", "rotate", gun, "targets", "-k", keyFile("targets")]);
      await who.must(["add", gun, "v1", file, "-p"]);
      expect(await rootsOf(who)).toHaveLength(2);
      expect(await rootsOf(who)).toContain(root);
      expect(await who.must(["key", "list"])).toMatch(new RegExp(`^targets .*${targets}`, "m"));
      for (const reader of readers) expect(await reader.must(["list", gun])).toContain("v1");
    },
  );

  test(
    "-l has as many earlier root keys sign too as in the Go client",
    { timeout: 120_000 },
    async () => {
      const counts = new Map<Client, readonly number[]>();
      for (const client of clients) {
        const who = await seat(client, `legacy-${client}`);
        const gun = `registry.test/acme/legacy-${client}`;
        await who.must(["init", gun, "-p"]);
        const away = await Promise.all(clients.map((one) => seat(one, `away-${client}-${one}`)));
        for (const reader of away) await reader.must(["list", gun]);
        const found: number[] = [];
        for (const more of [[], [], ["-l", "1"], ["--legacy", "2"], ["-l", "-1"]]) {
          await inFile(who, "next");
          const next = join(who.home, "next-key.pem");
          await who.must(["key", "rotate", gun, "root", "-k", next, ...more], yes);
          await who.must(["list", gun]);
          found.push(await signaturesIn(who, gun));
        }
        counts.set(client, found);
        for (const reader of away) await reader.must(["list", gun]);
      }
      expect(counts.get("ours")).toEqual(counts.get("go"));
    },
  );

  test("a collection that was deleted on the server is not answered from the cache", async () => {
    const gun = "registry.test/acme/deleted";
    const owner = await seat("ours", "deleted-owner");
    await owner.must(["init", gun, "-p"]);
    const [go, ours] = [await seat("go", "deleted-go"), await seat("ours", "deleted-ours")];
    for (const reader of [go, ours]) await reader.must(["list", gun]);
    await owner.must(["delete", "--remote", gun]);
    expect((await go.run(["list", gun])).exitCode).toBe(0); // what was there once
    const ran = await ours.run(["list", gun]);
    expect(ran.exitCode).not.toBe(0);
    expect(ran.err + ran.out).toContain("does not have trust data for");
  });

  test("completion completes in bash", async () => {
    const who = await seat("ours", "completing");
    const script = join(who.home, "completion.bash");
    await writeFile(script, await who.must(["completion", "bash"]));
    const complete = async (...words: readonly string[]): Promise<readonly string[]> => {
      const typed = words.map((word) => `'${word}'`).join(" ");
      const line = `source '${script}'; complete -p notary >/dev/null || exit 1; COMP_WORDS=(notary ${typed}); COMP_CWORD=${words.length}; _notary; printf '%s\\n' "\${COMPREPLY[@]}"`;
      const { stdout } = await promisify(execFile)("bash", ["--norc", "-c", line]);
      return stdout.split("\n").filter((word) => word !== "");
    };
    expect(await complete("ro")).toEqual([]);
    expect(await complete("de")).toEqual(["delegation", "delete"]);
    expect(await complete("key", "ro")).toEqual(["rotate"]);
    expect(await complete("-s", "key", "rotate", "--leg")).toEqual(["--legacy"]);
    expect(await complete("init", "registry.test/acme/web", "--rootk")).toEqual(["--rootkey"]);
  });
});
