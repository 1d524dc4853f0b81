import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { request } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startServerPair, type ServerPair } from "../harness/notary-server-pair.ts";
import { missing } from "../harness/peers.ts";
import { passphrase, personalKey, programOf, seatOf, type Seat } from "../interop/drop-in-lab.ts";

/** What becomes of the next update, once the server has taken it. */
type Fate = "answered" | "answer lost" | "client killed";

type Relay = AsyncDisposable & {
  readonly url: string;
  fate: Fate;
  /** Called when the server has taken an update whose client is to be killed. */
  taken: () => void;
};

/** Between a client and a trust server: every update gets through, not every answer does. */
async function relayTo(upstream: string, ca: Buffer): Promise<Relay> {
  const relay = { fate: "answered" as Fate, taken: () => undefined as void };
  const pass = async (from: IncomingMessage, to: ServerResponse): Promise<void> => {
    const body: Buffer[] = [];
    for await (const chunk of from) body.push(chunk as Buffer);
    const { host: _, connection: __, ...headers } = from.headers;
    const sent = request(`${upstream}${from.url ?? ""}`, { method: from.method, headers, ca });
    sent.end(Buffer.concat(body));
    const [answer] = (await once(sent, "response")) as [IncomingMessage];
    const read: Buffer[] = [];
    for await (const chunk of answer) read.push(chunk as Buffer);
    if (from.method === "POST" && relay.fate !== "answered") {
      const { fate } = relay;
      relay.fate = "answered";
      if (fate === "answer lost") from.socket.destroy();
      else relay.taken();
      return;
    }
    to.writeHead(answer.statusCode ?? 500, answer.headers).end(Buffer.concat(read));
  };
  const server = createServer((from, to) => {
    pass(from, to).catch(() => from.socket.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return Object.assign(relay, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}

let pair: ServerPair;
let file: string;
let count = 0;

describe.skipIf(missing("notary-server"))("an update that the server took", () => {
  beforeAll(async () => {
    pair = await startServerPair();
    file = join(pair.directory, "content.txt");
    await writeFile(file, "hello\n");
  });
  afterAll(async () => await pair[Symbol.asyncDispose]());

  type World = AsyncDisposable & {
    readonly gun: string;
    readonly relay: Relay;
    /** Whose client is interrupted. */
    readonly owner: Seat;
    /** Lists what somebody finds who has never been there. */
    readonly found: () => Promise<readonly string[]>;
    /** Runs a command that publishes, to its fate. */
    readonly interrupted: (fate: Fate, ...args: readonly string[]) => Promise<void>;
    readonly staged: () => Promise<readonly string[]>;
  };

  async function worldAt(side: "go" | "ours"): Promise<World> {
    count += 1;
    const relay = await relayTo(pair[side].url, await readFile(pair.caFile));
    const bench = { directory: pair.directory, url: relay.url, caFile: pair.caFile };
    const gun = `registry.test/acme/cut-${count}`;
    const owner = await seatOf(bench, "ours", `cut-${count}`);
    const globals = ["-s", relay.url, "-d", owner.trust];
    return {
      gun,
      relay,
      owner,
      async found() {
        const fresh = await seatOf(bench, "ours", `cut-${count}-${(strangers += 1)}`);
        const out = await fresh.must(["list", gun, "-r", "targets", "-r", "targets/qa"]);
        return out
          .split("\n")
          .slice(2)
          .filter((line) => line !== "")
          .map((line) => line.replace(/^(\S+) .* (\S+)$/, "$2 $1"));
      },
      async interrupted(fate, ...args) {
        relay.fate = fate;
        if (fate !== "client killed") {
          const { exitCode } = await owner.run(args, { globals, input: confirmation });
          expect(exitCode).toBe(fate === "answered" ? 0 : 1);
          return;
        }
        const [program, ...before] = programOf("ours");
        const child = spawn(program, [...before, ...globals, ...args], {
          env: { PATH: process.env["PATH"] ?? "", HOME: owner.home, ...passphrases },
          stdio: ["pipe", "ignore", "ignore"],
        });
        child.stdin.end(confirmation);
        relay.taken = () => void child.kill("SIGKILL");
        const [, signal] = (await once(child, "close")) as [number | null, string | null];
        expect(signal).toBe("SIGKILL");
      },
      async staged() {
        const folder = join(owner.trust, "tuf", gun, "changelist");
        return await readdir(folder).catch(() => []);
      },
      [Symbol.asyncDispose]: () => relay[Symbol.asyncDispose](),
    };
  }
  let strangers = 0;
  /** To give the root role another key is a question. */
  const confirmation = "yes\n";
  const passphrases = {
    NOTARY_ROOT_PASSPHRASE: passphrase,
    NOTARY_TARGETS_PASSPHRASE: passphrase,
    NOTARY_SNAPSHOT_PASSPHRASE: passphrase,
    NOTARY_DELEGATION_PASSPHRASE: passphrase,
  };

  const sides = ["go", "ours"] as const;
  const fates = ["answer lost", "client killed"] as const;
  const all = sides.flatMap((side) => fates.map((fate) => [side, fate] as const));

  test.for(all)(
    "at the %s server, the first one, %s: is there once, and goes on",
    { timeout: 120_000 },
    async ([side, fate]) => {
      await using world = await worldAt(side);
      const { owner, gun } = world;
      await owner.must(["init", gun]);
      await owner.must(["add", gun, "1.0", file]);
      await world.interrupted(fate, "publish", gun);
      expect(await world.found()).toEqual(["targets 1.0"]);
      expect(await world.staged()).toHaveLength(1);
      await owner.must(["add", gun, "2.0", file]);
      await owner.must(["publish", gun]);
      expect(await world.found()).toEqual(["targets 1.0", "targets 2.0"]);
      expect(await world.staged()).toEqual([]);
    },
  );

  test.for(all)(
    "at the %s server, of many changes, %s: none is lost, none comes twice",
    { timeout: 120_000 },
    async ([side, fate]) => {
      await using world = await worldAt(side);
      const { owner, gun } = world;
      const key = await personalKey(pair.directory, `key-${count}`);
      await owner.must(["init", gun]);
      await owner.must(["add", gun, "1.0", file, "-p"]);
      await owner.must(["key", "import", key.privateFile, "-r", "qa"]);
      await owner.must(["delegation", "add", gun, "targets/qa", key.publicFile, "--all-paths"]);
      await owner.must(["publish", gun]);
      await owner.must(["remove", gun, "1.0"]);
      await owner.must(["add", gun, "2.0", file]);
      await owner.must(["add", gun, "qa-1", file, "-r", "targets/qa"]);
      await world.interrupted(fate, "publish", gun);
      const after = ["targets/qa qa-1", "targets 2.0"];
      expect((await world.found()).toSorted()).toEqual(after.toSorted());
      await owner.must(["add", gun, "3.0", file]);
      await owner.must(["publish", gun]);
      expect((await world.found()).toSorted()).toEqual([...after, "targets 3.0"].toSorted());
      expect(await world.staged()).toEqual([]);
    },
  );

  test.for(
    all.flatMap(([side, fate]) =>
      [["targets"], ["root"], ["snapshot", "-r"], ["timestamp", "-r"]].map(
        (role) => [side, role, fate] as const,
      ),
    ),
  )(
    "at the %s server, that gives %s another key, %s: every key that is needed is held",
    { timeout: 120_000 },
    async ([side, role, fate]) => {
      await using world = await worldAt(side);
      const { owner, gun } = world;
      await owner.must(["init", gun]);
      await owner.must(["add", gun, "1.0", file, "-p"]);
      await world.interrupted(fate, "key", "rotate", gun, ...role);
      expect(await world.found()).toEqual(["targets 1.0"]);
      await owner.must(["add", gun, "2.0", file, "-p"]);
      await owner.must(["key", "rotate", gun, ...role], { input: confirmation });
      await owner.must(["add", gun, "3.0", file, "-p"]);
      expect(await world.found()).toEqual(["targets 1.0", "targets 2.0", "targets 3.0"]);
    },
  );
});
