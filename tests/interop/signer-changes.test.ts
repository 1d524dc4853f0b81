import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createRootCertifier } from "#adapters/pki";
import { createTrustServer } from "#adapters/remotes";
import { openTrustDirectory, type TrustDirectory } from "#adapters/trust-directory";
import { CodedError } from "#domain/kernel";
import { parseGun, type Gun } from "#domain/oci";
import { parseRoleName, type OpenRepository, type PublicKey } from "#domain/tuf";
import { createReader } from "#services/reader";
import { inMemoryTrustMemory } from "#services/reader/testing";
import { createSigner, type Change, type Passphrases } from "#services/signer";
import { startServerPair, type ServerPair } from "../harness/notary-server-pair.ts";
import { runPeer } from "../harness/peers-run.ts";
import { missing } from "../harness/peers.ts";

const o = { signal: AbortSignal.timeout(300_000) };
const secret = "a long test passphrase";
const passphrases: Passphrases = {
  existing: (_key, attempt) => Promise.resolve(attempt === 0 ? secret : undefined),
  fresh: () => Promise.resolve(secret),
};
const clock = Date.now;
const roles = ["targets", "targets/qa", "targets/qa/deep", "targets/releases"].map(parseRoleName);
const delegated = roles.slice(1);
/** Not the empty one: the Go client adds it to any role, whatever its paths, and then nobody finds it. */
const names = ["1.0", "rc/1", "rc/2", "2.0"];
const none = { addKeys: [], removeKeys: [], addPaths: [], removePaths: [], clearPaths: false };

/** The same random changes for both clients; keys stand for two that both hold. */
function anyChange(keys: readonly PublicKey[]): fc.Arbitrary<Change> {
  const role = fc.constantFrom(...roles);
  const child = fc.constantFrom(...delegated);
  const name = fc.constantFrom(...names);
  const paths = fc.subarray(["", "rc/", "1", "rc/2"]);
  const ids = keys.map(({ id }) => id);
  const target = fc
    .constantFrom("5e", "aa")
    .map((digit) => ({ sha256: digit.repeat(32), length: 527 }));
  return fc.oneof(
    { weight: 6, arbitrary: fc.record({ kind: fc.constant("target-add"), role, name, target }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant("target-remove"), role, name }) },
    {
      weight: 5,
      arbitrary: fc.record({ role: child, addPaths: paths }).map(({ role: of, addPaths }) => ({
        kind: "delegation-add",
        role: of,
        edit: { ...none, threshold: 1, addKeys: keys, addPaths },
      })),
    },
    {
      weight: 3,
      arbitrary: fc
        .record({
          role: child,
          addPaths: paths,
          removePaths: paths,
          removeKeys: fc.subarray(ids, { maxLength: 1 }),
          clearPaths: fc.boolean(),
        })
        .map(({ role: of, ...edit }) => ({
          kind: "delegation-edit",
          role: of,
          edit: { ...none, ...edit },
        })),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("delegation-remove"), role: child }) },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant("delegation-purge"),
        below: fc.constantFrom(...roles.slice(0, 2)),
        removeKeys: fc.subarray(ids, { minLength: 1, maxLength: 1 }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("witness"), role }) },
  ) as fc.Arbitrary<Change>;
}

/** What was staged, a line a publish. Keys are left out: they are long, and other ones each time. */
function shown(batches: readonly (readonly Change[])[]): string {
  const hide = (name: string, value: unknown): unknown =>
    name === "addKeys" && Array.isArray(value) ? value.length : value;
  return batches.map((changes) => JSON.stringify(changes, hide)).join("\n");
}

/** What a repository says, without versions, dates and signatures. */
function said(open: OpenRepository): unknown {
  return [...open.targets].map(([role, { signed }]) => ({
    role,
    targets: Object.fromEntries(signed.targets),
    delegations: signed.delegations.map(({ name, keys, paths, threshold }) => ({
      name,
      keys: [...keys.keys()],
      paths,
      threshold,
    })),
  }));
}

describe.skipIf(missing("notary", "notary-server"))("staged changes", () => {
  let pair: ServerPair;
  let path = "";
  beforeAll(async () => {
    pair = await startServerPair();
    path = await mkdtemp(join(tmpdir(), "countersign-changes-"));
  });
  afterAll(async () => {
    await pair[Symbol.asyncDispose]();
    await rm(path, { recursive: true, force: true });
  });

  test("are applied by us as by the Go client", { timeout: 300_000 }, async () => {
    const trust = join(path, "trust");
    const directory: TrustDirectory = openTrustDirectory(trust, { passphrases, clock });
    const ca = await readFile(pair.caFile, "utf8");
    const server = createTrustServer({ url: pair.go.url, tls: { ca } }, { clock, actions: "*" });
    const { keys, local, memory, cache } = directory;
    const reader = createReader({ source: server, memory, cache, clock });
    const certifier = createRootCertifier();
    const signer = createSigner({ keys, local, reader, server, certifier, clock });
    const fresh = async (gun: Gun): Promise<unknown> => {
      const found = createReader({ source: server, memory: inMemoryTrustMemory(), clock });
      const { open } = await found.open(gun, o);
      return open === undefined ? undefined : said(open);
    };
    const flags = ["-s", pair.go.url, "--tlscacert", pair.caFile, "-d", trust];
    const env = {
      HOME: path,
      ...Object.fromEntries(
        ["ROOT", "TARGETS", "SNAPSHOT", "DELEGATION"].map((of) => [
          `NOTARY_${of}_PASSPHRASE`,
          secret,
        ]),
      ),
    };
    const goPublishes = async (gun: Gun): Promise<string> => {
      const ran = await runPeer("notary", [...flags, "publish", gun], { env });
      return ran.exitCode === 0 ? "" : ran.out + ran.err;
    };
    const wePublish = async (gun: Gun): Promise<string> => {
      try {
        await signer.publish(gun, o);
        return "";
      } catch (error) {
        if (error instanceof CodedError) return error.code;
        throw error;
      }
    };
    const two = [
      (await keys.generate({ role: "delegation" }, o)).publicKey,
      (await keys.generate({ role: "delegation" }, o)).publicKey,
    ];
    const begun = async (gun: Gun): Promise<void> => {
      await signer.init(gun, { serverKeepsSnapshot: true }, o);
      expect(await wePublish(gun)).toBe("");
    };
    let count = 0;
    let compared = 0;
    let published = 0;
    const batches = fc.array(fc.array(anyChange(two), { minLength: 1, maxLength: 3 }), {
      minLength: 6,
      maxLength: 6,
    });
    const run = async (drawn: readonly (readonly Change[])[]): Promise<void> => {
      count += 1;
      const { gun: ours } = parseGun(`registry.test/changes/ours-${count}`);
      const { gun: theirs } = parseGun(`registry.test/changes/theirs-${count}`);
      for (const gun of [ours, theirs]) await begun(gun);
      const edit = { ...none, threshold: 1, addKeys: two, addPaths: ["", "rc/"] };
      const first = delegated.map((role): Change => ({ kind: "delegation-add", role, edit }));
      const done: (readonly Change[])[] = [];
      for (const changes of [first, ...drawn]) {
        for (const gun of [ours, theirs]) await local(gun).stage(changes, o);
        const [we, go] = [await wePublish(ours), await goPublishes(theirs)];
        // What the Go client cannot go on from (a role whose present keys did not sign it) we can.
        if (we === "" && go.includes("rejected operation")) return;
        // It fails to sign what is below a role that the same publish takes away; we do not sign that.
        const isTaking = changes.some(({ kind }) => kind === "delegation-remove");
        if (we === "" && isTaking && go.includes("delegation does not exist")) return;
        if ((we === "") !== (go === ""))
          throw new Error(`${shown([...done, changes])}\nwe: ${we || "done"}\ngo: ${go || "done"}`);
        done.push(changes);
        if (we !== "")
          for (const gun of [ours, theirs]) {
            const staged = await local(gun).staged(o);
            await local(gun).unstage(
              staged.map(({ name }) => name),
              o,
            );
          }
        else published += 1;
        const [left, right] = [await fresh(ours), await fresh(theirs)];
        if (!isDeepStrictEqual(left, right)) throw new Error(`not the same after\n${shown(done)}`);
        compared += 1;
      }
    };
    const seed = Number(process.env["SIGNER_CHANGES_SEED"] ?? 7);
    const numRuns = Number(process.env["SIGNER_CHANGES_RUNS"] ?? 5);
    await fc.assert(fc.asyncProperty(batches, run), { numRuns, seed, endOnFailure: true });
    expect(compared).toBeGreaterThan(numRuns);
    expect(published).toBeGreaterThan(numRuns);
  });
});
