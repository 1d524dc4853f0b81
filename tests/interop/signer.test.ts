import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createRootCertifier } from "#adapters/pki";
import { createTrustServer } from "#adapters/remotes";
import { openTrustDirectory, type TrustDirectory } from "#adapters/trust-directory";
import { parseGun, type Gun } from "#domain/oci";
import {
  findTarget,
  listTargets,
  parseRoleName,
  publicKeyFromPem,
  rootRole,
  snapshotRole,
  targetsRole,
  timestampRole,
  type RoleName,
} from "#domain/tuf";
import { testKey } from "#domain/tuf/testing";
import { createReader } from "#services/reader";
import { createSigner, type Change, type Passphrases, type Signer } from "#services/signer";
import { startServerPair, type ServerPair } from "../harness/notary-server-pair.ts";
import { mustRun } from "../harness/peers-run.ts";
import { missing } from "../harness/peers.ts";

const o = { signal: AbortSignal.timeout(240_000) };
const secret = "a long test passphrase";
const passphrases: Passphrases = {
  existing: (_key, attempt) => Promise.resolve(attempt === 0 ? secret : undefined),
  fresh: () => Promise.resolve(secret),
};
const clock = Date.now;
const qa = parseRoleName("targets/qa");

/** One trust directory, used by our signer and by the Go client in turns. */
type Person = {
  readonly directory: TrustDirectory;
  readonly signer: Signer;
  readonly publish: (...changes: readonly Change[]) => Promise<readonly RoleName[]>;
  /** What our reader finds: names and roles, in the order of look-up. */
  readonly list: () => Promise<readonly string[]>;
  readonly notary: (...args: readonly string[]) => Promise<string>;
  readonly home: string;
};

let pair: ServerPair;
let path = "";
let count = 0;

async function person(server: { readonly url: string }, gun: Gun): Promise<Person> {
  const home = join(path, `home-${(count += 1)}`);
  const trust = join(home, "trust");
  const directory = openTrustDirectory(trust, { passphrases, clock });
  const ca = await readFile(pair.caFile, "utf8");
  const connection = createTrustServer({ url: server.url, tls: { ca } }, { clock, actions: "*" });
  const { memory, cache, keys, local } = directory;
  const reader = createReader({ source: connection, memory, cache, clock });
  const signer = createSigner({
    keys,
    local,
    reader,
    server: connection,
    certifier: createRootCertifier(),
    clock,
    earlierRoot: (of, version) => connection.byVersion(of, rootRole, version, o),
  });
  const flags = ["-s", server.url, "--tlscacert", pair.caFile, "-d", trust];
  const env = {
    HOME: home,
    NOTARY_ROOT_PASSPHRASE: secret,
    NOTARY_TARGETS_PASSPHRASE: secret,
    NOTARY_SNAPSHOT_PASSPHRASE: secret,
    NOTARY_DELEGATION_PASSPHRASE: secret,
  };
  return {
    directory,
    signer,
    home,
    async publish(...changes) {
      await local(gun).stage(changes, o);
      return (await signer.publish(gun, o)).roles;
    },
    async list() {
      const { reading, open } = await reader.open(gun, o);
      expect(reading).toMatchObject({ kind: "verified" });
      if (open === undefined) return [];
      return listTargets(open).map(({ name, role }) => {
        expect(findTarget(open, name)?.role).toBe(role);
        return `${name} ${role}`;
      });
    },
    notary: (...args) => mustRun("notary", [...flags, ...args], { env, input: "yes\n" }),
  };
}

const add = (name: string, role: RoleName = targetsRole, custom?: object): Change => {
  const meta = { sha256: "5e".repeat(32), length: 527 };
  const target = custom === undefined ? meta : { ...meta, custom: custom as never };
  return { kind: "target-add", role, name, target };
};

/** What the Go client lists: `name role`, sorted. */
async function goLists(who: Person, gun: Gun): Promise<readonly string[]> {
  const output = await who.notary("list", gun);
  const rows = output.split("\n").filter((line) => line.includes("5e5e5e"));
  return rows.map((row) => {
    const cells = row.split(/ {4,}/).map((cell) => cell.trim());
    return `${cells[0] ?? ""} ${cells[3] ?? ""}`;
  });
}

async function bothList(who: Person, gun: Gun, expected: readonly string[]): Promise<void> {
  expect(new Set(await who.list())).toEqual(new Set(expected));
  expect(new Set(await goLists(who, gun))).toEqual(new Set(expected));
}

describe.skipIf(missing("notary", "notary-server"))("the signer beside the Go client", () => {
  beforeAll(async () => {
    pair = await startServerPair();
  });
  afterAll(() => pair[Symbol.asyncDispose]());
  beforeEach(async () => {
    path = await mkdtemp(join(tmpdir(), "countersign-signer-"));
  });
  afterEach(() => rm(path, { recursive: true, force: true }));

  const servers = ["go", "ours"] as const;
  const cases = servers.flatMap((side) =>
    [true, false].map((serverKeepsSnapshot) => ({ side, serverKeepsSnapshot })),
  );

  test.for(cases)(
    "on $side server, which keeps the snapshot: $serverKeepsSnapshot, each goes on where the other stopped",
    async ({ side, serverKeepsSnapshot }) => {
      const { gun } = parseGun(`registry.test/turns/${side}-${serverKeepsSnapshot ? "s" : "c"}`);
      const owner = await person(pair[side], gun);
      await owner.signer.init(gun, { serverKeepsSnapshot }, o);
      const snapshot = serverKeepsSnapshot ? [] : ["snapshot"];
      // Everything that is written otherwise in a file than in what is signed.
      const odd = { z: 1, a: ["x", { b: true }] };
      expect(await owner.publish(add("1.0"), add("größe"), add("2.0", targetsRole, odd))).toEqual([
        "root",
        "targets",
        ...snapshot,
      ]);
      const all = ["1.0 targets", "2.0 targets", "größe targets"];
      await bothList(owner, gun, all);
      const reader = await person(pair[side], gun);
      await bothList(reader, gun, all);
      await owner.notary("addhash", "-p", gun, "3.0", "527", "--sha256", "5e".repeat(32));
      expect(await owner.publish(add("4.0"))).toEqual(["targets", ...snapshot]);
      await owner.notary("remove", "-p", gun, "1.0");
      await bothList(owner, gun, ["2.0 targets", "3.0 targets", "4.0 targets", "größe targets"]);
      expect(await owner.publish()).toEqual(snapshot);
      await bothList(reader, gun, ["2.0 targets", "3.0 targets", "4.0 targets", "größe targets"]);
    },
  );

  test.for(servers)(
    "on %s server names with characters that Go escapes are signed and read",
    async (side) => {
      const { gun } = parseGun(`registry.test/odd/${side}`);
      const owner = await person(pair[side], gun);
      await owner.signer.init(gun, { serverKeepsSnapshot: true }, o);
      const names = ["<&>", 'quote"back\\slash', "\u2028", "__proto__", "ünï"];
      await owner.publish(...names.map((name) => add(name)));
      expect(await owner.list()).toHaveLength(names.length);
      for (const name of names)
        expect(await owner.notary("lookup", gun, name)).toContain(" sha256:5e5e");
    },
  );

  test.for(servers)(
    "on %s server delegations of one are signed, witnessed and taken away by the other",
    async (side) => {
      const { gun } = parseGun(`registry.test/delegations/${side}`);
      const owner = await person(pair[side], gun);
      const alice = await person(pair[side], gun);
      await owner.notary("init", "-p", gun);
      await owner.signer.rotate(gun, { role: snapshotRole, by: "server" }, o);
      const key = await alice.directory.keys.generate({ role: "delegation" }, o);
      const edit = {
        addKeys: [key.publicKey],
        removeKeys: [],
        addPaths: ["rc/", ""],
        removePaths: [],
        clearPaths: false,
      };
      await owner.publish({ kind: "delegation-add", role: qa, edit });
      expect(await owner.notary("delegation", "list", gun)).toContain(key.id);
      const hash = ["--sha256", "5e".repeat(32)];
      await alice.notary("addhash", "-p", gun, "rc/1", "527", ...hash, "-r", "targets/qa");
      expect(await alice.publish(add("rc/2", qa))).toEqual(["targets/qa"]);
      await bothList(owner, gun, ["rc/1 targets/qa", "rc/2 targets/qa"]);

      const bob = await person(pair[side], gun);
      const fresh = await bob.directory.keys.generate({ role: "delegation" }, o);
      const pem = join(bob.home, "bob.pem");
      const spki = Buffer.from(fresh.publicKey.material.spki).toString("base64");
      await writeFile(pem, `-----BEGIN PUBLIC KEY-----\n${spki}\n-----END PUBLIC KEY-----\n`);
      expect(publicKeyFromPem(await readFile(pem, "utf8")).id).toBe(fresh.id);
      await owner.notary("delegation", "add", "-p", gun, "targets/qa", pem);
      await owner.notary("delegation", "remove", "-p", gun, "targets/qa", key.id);
      await bothList(owner, gun, []);
      expect(await bob.publish({ kind: "witness", role: qa })).toEqual(["targets/qa"]);
      await bothList(owner, gun, ["rc/1 targets/qa", "rc/2 targets/qa"]);
      await owner.publish({ kind: "delegation-remove", role: qa });
      await bothList(owner, gun, []);
      expect(await owner.notary("delegation", "list", gun)).toContain("No delegations present");
    },
  );

  test.for(servers)(
    "on %s server keys rotated by one are used by the other, and readers of before follow",
    async (side) => {
      const { gun } = parseGun(`registry.test/rotations/${side}`);
      const owner = await person(pair[side], gun);
      await owner.signer.init(gun, { serverKeepsSnapshot: false }, o);
      await owner.publish(add("1.0"));
      const follower = await person(pair[side], gun);
      const expected = ["1.0 targets"];
      await bothList(follower, gun, expected);
      const rootIds = async () =>
        (await owner.directory.keys.list(o)).flatMap(({ id, role }) =>
          role === "root" ? [id] : [],
        );
      const [first = ""] = await rootIds();
      const steps = [
        () => owner.signer.rotate(gun, { role: targetsRole, by: "client" }, o),
        () => owner.signer.rotate(gun, { role: snapshotRole, by: "client" }, o),
        () => owner.signer.rotate(gun, { role: timestampRole, by: "server" }, o),
        () => owner.signer.rotate(gun, { role: rootRole, by: "client", keys: [first] }, o),
        () => owner.signer.rotate(gun, { role: rootRole, by: "client" }, o),
        () => owner.notary("key", "rotate", gun, "targets"),
        () => owner.notary("key", "rotate", gun, "snapshot", "-r"),
        () => owner.notary("key", "rotate", gun, "root"),
        () => owner.signer.rotate(gun, { role: rootRole, by: "client", earlierRoots: -1 }, o),
      ];
      for (const step of steps) {
        await step();
        await bothList(owner, gun, expected);
        await bothList(follower, gun, expected);
      }
      await bothList(await person(pair[side], gun), gun, expected);
      await owner.publish(add("2.0"));
      await owner.notary("addhash", "-p", gun, "3.0", "527", "--sha256", "5e".repeat(32));
      await bothList(follower, gun, ["1.0 targets", "2.0 targets", "3.0 targets"]);
      await owner.signer.remove(gun, { remote: true }, o);
      await expect(owner.notary("list", gun)).rejects.toThrow("does not have trust data");
    },
  );

  test.for(servers)(
    "on %s server a first publish by the Go client takes what we began",
    async (side) => {
      const { gun } = parseGun(`registry.test/begun/${side}`);
      const owner = await person(pair[side], gun);
      await owner.signer.init(gun, { serverKeepsSnapshot: false }, o);
      await owner.directory.local(gun).stage([add("1.0")], o);
      expect(await owner.notary("status", gun)).toContain("1.0");
      await owner.notary("publish", gun);
      await bothList(owner, gun, ["1.0 targets"]);
      const { gun: second } = parseGun(`registry.test/begun/${side}-2`);
      const other = await person(pair[side], second);
      await other.notary("init", second);
      await other.notary("addhash", second, "1.0", "527", "--sha256", "5e".repeat(32));
      expect(await other.publish()).toEqual(["root", "targets", "snapshot"]);
      await bothList(other, second, ["1.0 targets"]);
    },
  );

  test.for(servers)("on %s server two of ours publish at once, and both succeed", async (side) => {
    const { gun } = parseGun(`registry.test/at-once/${side}`);
    const owner = await person(pair[side], gun);
    await owner.signer.init(gun, { serverKeepsSnapshot: true }, o);
    const people = await Promise.all([1, 2, 3].map(() => person(pair[side], gun)));
    const shared = testKey().listed;
    const keys = await Promise.all(
      people.map((who) => who.directory.keys.generate({ role: "delegation" }, o)),
    );
    const edit = {
      addKeys: [...keys.map(({ publicKey }) => publicKey), shared],
      removeKeys: [],
      addPaths: [""],
      removePaths: [],
      clearPaths: false,
    };
    await owner.publish({ kind: "delegation-add", role: qa, edit }, add("0"));
    await Promise.all(people.map((who, index) => who.publish(add(`at-once-${index}`, qa))));
    expect(await owner.list()).toHaveLength(4);
  });
});
