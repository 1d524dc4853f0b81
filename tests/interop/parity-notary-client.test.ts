import { generateKeyPairSync } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startServerPair, type ServerPair } from "../harness/notary-server-pair.ts";
import { missing } from "../harness/peers.ts";
import { openSession, type Session, type Shown } from "./parity-session.ts";

const gun = "registry.test/acme/web";

type Play = (session: Session) => Promise<void>;

/** Makes a signing key for a delegation and imports it; gives the file of its public half. */
async function newKey(session: Session, person: string): Promise<string> {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const base = join(session.directory, `${person}-key`);
  await writeFile(`${base}.pub`, publicKey.export({ type: "spki", format: "pem" }));
  const secret = privateKey.export({ type: "pkcs8", format: "pem" });
  await writeFile(`${base}.pem`, secret, { mode: 0o600 });
  await session.notary(person, ["key", "import", `${base}.pem`, "-r", "delegation"]);
  return `${base}.pub`;
}

const sessions: Readonly<Record<string, Play>> = {
  "signs, stages, publishes, looks up and verifies": async (session) => {
    const { notary } = session;
    const file = await session.file("content", "some content");
    const custom = await session.file("custom.json", '{"a":1,"b":"x"}');
    await notary("owner", ["list", gun]);
    await notary("owner", ["init", gun]);
    await notary("owner", ["list", gun]);
    await notary("owner", ["status", gun]);
    await notary("owner", ["add", gun, "v1", file]);
    await notary("owner", ["addhash", gun, "v2", "12", "--sha256", "ab".repeat(32)]);
    await notary("owner", ["add", gun, "a <b>&c", file, "--custom", custom]);
    await notary("owner", ["status", gun]);
    await notary("owner", ["publish", gun]);
    await notary("owner", ["status", gun]);
    await notary("owner", ["publish", gun]);
    await notary("reader", ["list", gun]);
    await notary("reader", ["lookup", gun, "v1"]);
    await notary("reader", ["lookup", gun, "a <b>&c"]);
    await notary("reader", ["lookup", gun, "none"]);
    await notary("reader", ["verify", gun, "v1"], "some content");
    await notary("reader", ["verify", gun, "v1"], "other content");
    await notary("owner", ["remove", gun, "v1", "-p"]);
    await notary("reader", ["list", gun]);
    await notary("owner", ["key", "list"]);
  },
  "delegates, signs as a delegate, witnesses and takes back": async (session) => {
    const { notary } = session;
    const file = await session.file("content", "some content");
    await notary("owner", ["init", gun, "-p"]);
    await notary("owner", ["key", "rotate", gun, "snapshot", "-r"]);
    const bob = await newKey(session, "bob");
    const carol = await newKey(session, "carol");
    await notary("owner", ["delegation", "add", gun, "targets/releases", bob, "--all-paths"]);
    await notary("owner", ["delegation", "add", gun, "targets/qa", bob, carol, "--paths", "rc/,v"]);
    await notary("owner", ["publish", gun]);
    await notary("owner", ["delegation", "list", gun]);
    await notary("bob", ["add", gun, "v1", file, "-r", "targets/releases,targets/qa", "-p"]);
    await notary("bob", ["add", gun, "outside", file, "-r", "targets/qa", "-p"]);
    await notary("bob", ["reset", gun, "--all"]);
    await notary("stranger", ["add", gun, "v1", file, "-r", "targets/qa", "-p"]);
    await notary("reader", ["list", gun]);
    await notary("reader", ["list", gun, "-r", "targets/qa"]);
    await notary("owner", ["delegation", "remove", gun, "targets/qa", "--paths", "rc/", "-p"]);
    await notary("carol", ["witness", gun, "targets/qa", "-p"]);
    await notary("carol", ["witness", gun, "targets/none", "-p"]);
    await notary("bob", ["remove", gun, "v1", "-r", "targets/qa", "-p"]);
    await notary("owner", ["delegation", "remove", gun, "targets/qa", "-y", "-p"]);
    await notary("reader", ["list", gun, "-r", "targets/qa"]);
    await notary("reader", ["delegation", "list", gun]);
  },
  "purges a key from every delegation": async (session) => {
    const { notary } = session;
    await notary("owner", ["init", gun, "-p"]);
    await notary("owner", ["key", "rotate", gun, "snapshot", "-r"]);
    const bob = await newKey(session, "bob");
    await notary("owner", ["delegation", "add", gun, "targets/a", bob, "--all-paths", "-p"]);
    await notary("owner", ["delegation", "purge", gun, "--key", "ab".repeat(32), "-p"]);
    await notary("owner", ["delegation", "list", gun]);
  },
  "rotates every key, and whoever stayed behind catches up": async (session) => {
    const { notary } = session;
    const file = await session.file("content", "some content");
    await notary("owner", ["init", gun, "-p"]);
    await notary("owner", ["add", gun, "v1", file, "-p"]);
    await notary("reader", ["list", gun]);
    await notary("owner", ["key", "rotate", gun, "snapshot", "-r"]);
    await notary("owner", ["key", "rotate", gun, "timestamp", "-r"]);
    await notary("reader", ["list", gun]);
    await notary("owner", ["key", "rotate", gun, "targets"]);
    await notary("owner", ["key", "rotate", gun, "root"], "yes\n");
    await notary("owner", ["key", "rotate", gun, "root"], "no\n");
    await notary("owner", ["key", "rotate", gun, "snapshot"]);
    await notary("owner", ["key", "rotate", gun, "targets", "-r"]);
    await notary("owner", ["key", "rotate", gun, "timestamp"]);
    await notary("reader", ["list", gun]);
    await notary("fresh", ["list", gun]);
    await notary("owner", ["add", gun, "v2", file, "-p"]);
    await notary("reader", ["lookup", gun, "v2"]);
    await notary("owner", ["key", "list"]);
  },
  "is refused, conflicts and deletes": async (session) => {
    const { notary } = session;
    const file = await session.file("content", "some content");
    await notary("owner", ["init", "elsewhere.test/acme/web", "-p"]);
    await notary("owner", ["list", "elsewhere.test/acme/web"]);
    await notary("owner", ["init", gun, "-p"]);
    await notary("other", ["init", gun, "-p"]);
    await notary("other", ["list", gun]);
    await notary("stranger", ["add", gun, "v1", file, "-p"]);
    await notary("stranger", ["delegation", "add", gun, "targets/x", "--all-paths", "-p"]);
    await notary("reader", ["list", gun]);
    await notary("owner", ["delete", gun, "--remote"]);
    await notary("owner", ["delete", gun, "--remote"]);
    await notary("fresh", ["list", gun]);
    await notary("reader", ["list", gun]);
    await notary("owner", ["init", gun, "-p"]);
    await notary("fresh", ["list", gun]);
    await notary("reader", ["list", gun]);
  },
};

describe.skipIf(missing("notary-server", "notary"))("what people see of the notary client", () => {
  let pair: ServerPair;
  beforeAll(async () => {
    pair = await startServerPair();
  });
  afterAll(async () => {
    await pair[Symbol.asyncDispose]();
  });

  test.for(Object.entries(sessions))(
    "who %s is shown the same by both servers",
    { timeout: 180_000 },
    async ([, play]) => {
      const shownBy = async (side: ServerPair["go"]): Promise<readonly Shown[]> => {
        const session = await openSession(pair, side);
        await play(session);
        await session.notary("cleaner", ["delete", gun, "--remote"]);
        return session.shown;
      };
      const [go, ours] = [await shownBy(pair.go), await shownBy(pair.ours)];
      expect(go.length).toBeGreaterThan(5);
      expect(go.filter(({ exitCode }) => exitCode === 0).length).toBeGreaterThan(4);
      expect(ours).toEqual(go);
    },
  );

  test("who delegates again what was taken back: with ours the role begins anew, with Go's the old targets return", async () => {
    const listed = async (side: ServerPair["go"]): Promise<string> => {
      const session = await openSession(pair, side);
      const { notary } = session;
      const file = await session.file("content", "some content");
      await notary("owner", ["init", gun, "-p"]);
      await notary("owner", ["key", "rotate", gun, "snapshot", "-r"]);
      const bob = await newKey(session, "bob");
      const add = ["delegation", "add", gun, "targets/qa", bob, "--all-paths", "-p"];
      await notary("owner", add);
      await notary("bob", ["add", gun, "old", file, "-r", "targets/qa", "-p"]);
      await notary("owner", ["delegation", "remove", gun, "targets/qa", "-y", "-p"]);
      await notary("owner", add);
      const { exitCode, out } = await notary("reader", ["list", gun, "-r", "targets/qa"]);
      expect(exitCode).toBe(0);
      await notary("cleaner", ["delete", gun, "--remote"]);
      return out.join("\n");
    };
    expect(await listed(pair.go)).toMatch(/^old /m);
    expect(await listed(pair.ours)).toBe("No targets present in this repository.");
  });
});
