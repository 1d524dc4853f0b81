import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startServerPair, type ServerPair } from "../harness/notary-server-pair.ts";
import { missing } from "../harness/peers.ts";
import {
  passphrase,
  personalKey,
  programOf,
  seatOf,
  type Bench,
  type Client,
  type Seat,
} from "./drop-in-lab.ts";

let pair: ServerPair;
let file: string;
let count = 0;

type Table = {
  readonly gun: string;
  readonly go: Seat;
  readonly ours: Seat;
  readonly bench: Bench;
};

/** Both clients at one trust directory, with a collection of its own. */
async function table(side: "go" | "ours"): Promise<Table> {
  count += 1;
  const bench = { directory: pair.directory, url: pair[side].url, caFile: pair.caFile };
  const name = `flow-${count}`;
  const [go, ours] = [await seatOf(bench, "go", name), await seatOf(bench, "ours", name)];
  return { gun: `registry.test/acme/flow-${count}`, go, ours, bench };
}

const namesIn = (list: string): readonly string[] =>
  list
    .split("\n")
    .slice(2)
    .map((line) => line.split(" ")[0] ?? "")
    .filter((name) => name !== "");

describe.skipIf(missing("notary", "notary-server"))("in the middle of any flow", () => {
  beforeAll(async () => {
    pair = await startServerPair();
    file = join(pair.directory, "content.txt");
    await writeFile(file, "hello\n");
  });
  afterAll(async () => await pair[Symbol.asyncDispose]());

  const turns: readonly (readonly ["go" | "ours", Client, Client])[] = [
    ["go", "go", "ours"],
    ["go", "ours", "go"],
    ["ours", "go", "ours"],
    ["ours", "ours", "go"],
  ];

  test.for(turns)(
    "before the %s server, what %s begins, %s goes on with",
    { timeout: 120_000 },
    async ([side, a, b]) => {
      const at = await table(side);
      const [first, then, { gun }] = [at[a], at[b], at];
      const key = await personalKey(at.go.home, "bob");
      await first.must(["init", gun]);
      await then.must(["status", gun]);
      await then.must(["publish", gun]);
      await first.must(["add", gun, "v1", file]);
      await then.must(["add", gun, "v2", file, "--custom", await custom(then)]);
      expect(await first.must(["status", gun])).toBe(await then.must(["status", gun]));
      await then.must(["publish", gun]);
      await then.must(["key", "rotate", gun, "snapshot", "--server-managed"]);
      await first.must([
        "delegation",
        "add",
        gun,
        "targets/releases",
        "--all-paths",
        key.publicFile,
      ]);
      await then.must(["delegation", "add", gun, "targets/qa", key.publicFile, "--paths", "rc/,v"]);
      await first.must(["publish", gun]);
      await then.must(["key", "import", key.privateFile]);
      await first.must(["add", gun, "v3", file, "-r", "targets/releases,targets/qa", "-p"]);
      await then.must(["add", gun, "v4", file, "-r", "targets/qa", "-p"]);
      await then.must(["key", "rotate", gun, "targets"]);
      await first.must(["add", gun, "v5", file, "-p"]);
      await first.must(["key", "rotate", gun, "root"], { input: "yes\n" });
      await then.must(["key", "rotate", gun, "root"], { input: "yes\n" });
      await then.must(["key", "rotate", gun, "timestamp", "-r"]);
      await first.must(["key", "rotate", gun, "snapshot"]);
      await then.must(["remove", gun, "v1", "-p"]);
      await first.must(["witness", gun, "targets/qa", "-p"]);
      const fresh = await seatOf(at.bench, a, `fresh-${count}`);
      const lists = await Promise.all([first, then, fresh].map((seat) => seat.must(["list", gun])));
      expect(new Set(lists).size).toBe(1);
      expect(namesIn(lists[0] ?? "")).toEqual(["v2", "v3", "v4", "v5"]);
      expect(await first.must(["delegation", "list", gun])).toBe(
        await then.must(["delegation", "list", gun]),
      );
      const keys = await first.must(["key", "export", "-o", "keys.pem"]);
      expect(keys).toBe(await then.must(["key", "export", "-o", "again.pem"]));
      const elsewhere = await seatOf(at.bench, b, `elsewhere-${count}`);
      await elsewhere.must(["key", "import", join(first.home, "keys.pem")]);
      await elsewhere.must(["add", gun, "v6", file, "-p"]);
      expect(namesIn(await first.must(["list", gun]))).toContain("v6");
    },
  );

  test("a passphrase that one client changes is the one that the other asks for", async () => {
    const { go, ours, gun } = await table("ours");
    await ours.must(["init", gun, "-p"]);
    const id = /targets\s+\S+\s+([0-9a-f]{64})/.exec(await go.must(["key", "list"]))?.[1] ?? "";
    // The variable is the old passphrase and the new one at once: both clients take it for both.
    await ours.must(["key", "passwd", id]);
    await go.must(["add", gun, "v1", file, "-p"]);
    await go.must(["key", "passwd", id]);
    await ours.must(["add", gun, "v2", file, "-p"]);
    const wrong = { env: { NOTARY_TARGETS_PASSPHRASE: "not the passphrase" } };
    await ours.must(["add", gun, "v3", file]);
    const [theirs, own] = [
      await go.run(["publish", gun], wrong),
      await ours.run(["publish", gun], wrong),
    ];
    expect([own.exitCode, theirs.exitCode]).toEqual([1, 1]);
    expect(own.out).toContain("* fatal: ");
    expect(await go.must(["status", gun])).toContain("v3");
    await go.must(["publish", gun]);
  }, 60_000);

  test("two at once on one trust directory: both are published", async () => {
    const { ours, gun } = await table("ours");
    await ours.must(["init", gun, "-p"]);
    await Promise.all(["a", "b", "c"].map((name) => ours.must(["add", gun, name, file, "-p"])));
    expect(namesIn(await ours.must(["list", gun]))).toEqual(["a", "b", "c"]);
    expect(await ours.must(["status", gun])).toContain("No unpublished changes");
  }, 60_000);

  test("two signers at once from two trust directories: both are published", async () => {
    const { ours, gun, bench } = await table("go");
    await ours.must(["init", gun, "-p"]);
    await ours.must(["key", "rotate", gun, "snapshot", "-r"]);
    await ours.must(["key", "export", "-o", "keys.pem"]);
    const other = await seatOf(bench, "ours", `other-${count}`);
    await other.must(["key", "import", join(ours.home, "keys.pem")]);
    await Promise.all([
      ours.must(["add", gun, "mine", file, "-p"]),
      other.must(["add", gun, "theirs", file, "-p"]),
    ]);
    expect(namesIn(await ours.must(["list", gun]))).toEqual(["mine", "theirs"]);
  }, 60_000);

  test("a publication that is killed loses nothing that was staged", async () => {
    const { ours, go, gun } = await table("go");
    await ours.must(["init", gun, "-p"]);
    await ours.must(["add", gun, "v1", file]);
    // A server that never answers: the client is killed at its first request, before it sends anything.
    const silent = createServer((request) => void request.resume());
    silent.listen(0, "127.0.0.1");
    await once(silent, "listening");
    const arrived = once(silent, "request");
    const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const [program, ...before] = programOf("ours");
    const words = [...before, "-s", url, "-d", ours.trust, "publish", gun];
    const env = {
      PATH: process.env["PATH"],
      HOME: ours.home,
      NOTARY_TARGETS_PASSPHRASE: passphrase,
    };
    const child = spawn(program, words, { env, stdio: "ignore" });
    try {
      await arrived;
    } finally {
      child.kill("SIGKILL");
      await once(child, "close");
      silent.closeAllConnections();
      silent.close();
    }
    expect(await ours.must(["status", gun])).toContain("v1");
    await ours.must(["publish", gun]);
    expect(namesIn(await go.must(["list", gun]))).toEqual(["v1"]);
  }, 60_000);

  test("a server that answers nonsense changes nothing here", async () => {
    const { ours, gun } = await table("go");
    await ours.must(["init", gun, "-p"]);
    await ours.must(["add", gun, "v1", file, "-p"]);
    const before = await ours.must(["list", gun]);
    for (const [status, body] of [
      [200, "nonsense"],
      [200, "{}"],
      [200, '{"signed":{},"signatures":[]}'],
      [302, ""],
    ] as const) {
      const liar = createServer((_, response) =>
        response.writeHead(status, { location: "http://127.0.0.1:1/" }).end(body),
      );
      liar.listen(0, "127.0.0.1");
      await once(liar, "listening");
      try {
        const url = `http://127.0.0.1:${(liar.address() as AddressInfo).port}`;
        const globals = ["-s", url, "-d", ours.trust];
        const ran = await ours.run(["list", gun], { globals });
        if (status === 200)
          expect([ran.exitCode, ran.out]).toEqual([1, expect.stringContaining("* fatal: ")]);
        const published = await ours.run(["publish", gun], { globals });
        expect(published.exitCode).toBe(1);
      } finally {
        liar.closeAllConnections();
        liar.close();
      }
    }
    expect(await ours.must(["list", gun])).toBe(before);
  }, 60_000);

  test.skipIf(process.getuid?.() !== 0)(
    "a full disk is a sentence, and nothing is lost",
    async () => {
      const { ours, gun, bench } = await table("go");
      const mount = join(bench.directory, `small-${count}`);
      await mkdir(mount);
      const run = promisify(execFile);
      await run("mount", ["-t", "tmpfs", "-o", "size=256k", "none", mount]);
      try {
        const globals = ["-s", bench.url, "--tlscacert", bench.caFile, "-d", join(mount, "trust")];
        await ours.must(["init", gun, "-p"], { globals });
        await ours.must(["add", gun, "v1", file], { globals });
        await writeFile(join(mount, "ballast"), Buffer.alloc(1_000_000)).catch(() => undefined);
        const add = await ours.run(["add", gun, "v2", file], { globals });
        expect([add.exitCode, add.out]).toEqual([
          1,
          expect.stringContaining("no space left on device"),
        ]);
        expect((await ours.run(["key", "generate"], { globals })).exitCode).toBe(1);
        await rm(join(mount, "ballast"));
        expect(await ours.must(["status", gun], { globals })).not.toContain("v2");
        await ours.must(["publish", gun], { globals });
        expect(namesIn(await ours.must(["list", gun], { globals }))).toEqual(["v1"]);
        const left = await readdir(mount, { recursive: true });
        expect(left.filter((name) => name.endsWith(".partial"))).toEqual([]);
      } finally {
        await run("umount", ["-l", mount]);
      }
    },
    60_000,
  );
});

/** Custom data; out of order only for ours, since what the Go client then signs nobody can verify. */
async function custom({ home, client }: Seat): Promise<string> {
  const path = join(home, "custom.json");
  const members = ['"a":[1,{"c":true,"d":null}]', '"z":"ü"'];
  const ordered = client === "go" ? members : members.toReversed();
  await writeFile(path, `{${ordered.join(",")}}`);
  return path;
}
