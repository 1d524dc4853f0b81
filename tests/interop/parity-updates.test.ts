import { readFile } from "node:fs/promises";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  decodeSnapshot,
  decodeTimestamp,
  isTargetsRole,
  requireContent,
  rootRole,
  snapshotRole,
} from "#domain/tuf";
import { startServerPair, type ServerPair, type Side } from "../harness/notary-server-pair.ts";
import { missing } from "../harness/peers.ts";
import { tufPath } from "./parity-publish.ts";
import { differences, explained, isAlike } from "./parity-differences.ts";
import { edits } from "./parity-edits.ts";
import {
  moves,
  partsEdits,
  play,
  roles,
  type Move,
  type PartsEdit,
  type Plan,
  type Step,
} from "./parity-plan.ts";

/** `make fuzz-trust` sets how long to go on; without it a short run over the same few hundred updates. */
const seconds = Number(process.env["FUZZ_TRUST_SECONDS"] ?? 0);
const isLong = seconds > 0;
const seed = Number(process.env["FUZZ_TRUST_SEED"] ?? (isLong ? Date.now() % 2 ** 31 : 1));
const shortRuns = 150;

const steps: readonly Step[] = [...edits].flatMap(([edit, { roles: of, values }]) =>
  of.flatMap((role) => values.map((value) => ({ role, edit, value }))),
);
const allMoves = Object.keys(moves) as readonly Move[];
const allParts = Object.keys(partsEdits) as readonly PartsEdit[];

const plain: Omit<Plan, "base"> = {
  sends: roles.filter((role) => role !== "snapshot"),
  moves: [],
  steps: [],
  parts: "as they are",
};

/** Most updates send what they change, and are else in order: what is wrong all over is refused at the first thing. */
const anyPlan: fc.Arbitrary<Plan> = fc
  .record({
    base: fc.constantFrom("server-snapshot", "client-snapshot", "nothing"),
    sends: fc.oneof(
      { weight: 3, arbitrary: fc.constant(plain.sends) },
      { weight: 2, arbitrary: fc.subarray([...roles]) },
    ),
    moves: fc.oneof(
      { weight: 3, arbitrary: fc.constant([]) },
      { weight: 2, arbitrary: fc.subarray([...allMoves], { minLength: 1, maxLength: 2 }) },
    ),
    steps: fc.array(fc.constantFrom(...steps), { maxLength: 3 }),
    parts: fc.oneof(
      { weight: 4, arbitrary: fc.constant("as they are" as const) },
      { weight: 1, arbitrary: fc.constantFrom(...allParts) },
    ),
  } satisfies { [Name in keyof Plan]: fc.Arbitrary<Plan[Name]> })
  .map((plan) => {
    const touched = [...plan.sends, ...plan.steps.map(({ role }) => role)];
    const snapshot = plan.base === "client-snapshot" ? (["snapshot"] as const) : [];
    const sends = roles.filter(
      (role) => touched.includes(role) || [...snapshot].includes(role as never),
    );
    return { ...plan, sends };
  });

/** What was accepted can be read: each file that the timestamp leads to is there, and is the one described. */
async function requireReadable(side: Side, gun: string): Promise<void> {
  const fetched = async (file: string): Promise<Uint8Array> => {
    const { status, body } = await side.ask({ path: `${tufPath(gun)}${file}.json` });
    if (status !== 200) throw new Error(`${file}: ${status}`);
    return body;
  };
  const timestamp = decodeTimestamp(await fetched("timestamp")).signed;
  const snapshot = await fetched(`snapshot.${timestamp.snapshot.sha256}`);
  requireContent(snapshotRole, snapshot, timestamp.snapshot);
  const { meta } = decodeSnapshot(snapshot).signed;
  for (const [role, described] of meta)
    if (role === rootRole || isTargetsRole(role))
      requireContent(role, await fetched(`${role}.${described.sha256}`), described);
}

describe.skipIf(missing("notary-server"))("an update sent to notary-server and to ours", () => {
  let pair: ServerPair;
  let played = 0;
  beforeAll(async () => {
    pair = await startServerPair();
  });
  afterAll(async () => {
    await pair[Symbol.asyncDispose]();
  });

  const requireParity = async (plan: Plan): Promise<void> => {
    played += 1;
    const gun = `registry.test/acme/r${played}`;
    const result = await play(pair, gun, plan);
    if (result.ours.status === 200)
      await requireReadable(pair.ours, gun).catch((cause: unknown) =>
        expect.fail(`accepted and not readable: ${JSON.stringify(plan)}: ${String(cause)}`),
      );
    if (!isAlike(result) && explained(plan, result) === undefined)
      expect.fail(`answered differently: ${JSON.stringify({ plan, ...result })}`);
  };

  test.for(differences.map((one) => [one.name, one] as const))(
    "is answered differently on purpose: %s",
    async ([name, { example }]) => {
      const base = example.base ?? "server-snapshot";
      const sends = base === "client-snapshot" ? roles : plain.sends;
      const plan: Plan = { ...plain, base, sends, ...example };
      const result = await play(
        pair,
        `registry.test/acme/${name.replaceAll(/\W+/g, "-")}`.toLowerCase(),
        plan,
      );
      expect(isAlike(result)).toBe(false);
      expect(explained(plan, result)?.name).toBe(name);
      expect(result.ours.status).toBe(400);
    },
  );

  test("differs in no way that the reference does not list", async () => {
    const reference = new URL("../../docs/reference/notary-compatibility.md", import.meta.url);
    const text = await readFile(reference, "utf8");
    const rows = [...text.matchAll(/^\| ([a-zR][^|]*?) +\| /gm)].map(([, name]) => name);
    expect(rows).toEqual(expect.arrayContaining(differences.map(({ name }) => name)));
  });

  test("that is in order is accepted by both", async () => {
    for (const base of ["server-snapshot", "client-snapshot", "nothing"] as const)
      for (const parts of allParts.filter((edit) => edit !== "broken one before the last")) {
        played += 1;
        const sends = base === "client-snapshot" ? roles : plain.sends;
        const plan: Plan = { ...plain, base, sends, parts };
        const { go, ours } = await play(pair, `registry.test/acme/r${played}`, plan);
        expect([go.status, ours.status]).toEqual([200, 200]);
      }
  });

  test.runIf(isLong)(
    "is answered alike, for every edit by itself",
    { timeout: 600_000 },
    async () => {
      for (const step of steps) {
        const base = step.role === "snapshot" ? "client-snapshot" : "server-snapshot";
        const sends = base === "client-snapshot" ? roles : plain.sends;
        await requireParity({ ...plain, base, sends, steps: [step] });
      }
      for (const base of ["server-snapshot", "client-snapshot", "nothing"] as const)
        for (const move of allMoves) {
          const sends = base === "client-snapshot" ? roles : plain.sends;
          await requireParity({ ...plain, base, sends, moves: [move] });
        }
      expect(played).toBeGreaterThan(steps.length);
    },
  );

  test(
    "is answered alike, whatever is wrong with it",
    { timeout: (seconds + 600) * 1_000 },
    async () => {
      await fc.assert(fc.asyncProperty(anyPlan, requireParity), {
        seed,
        ...(isLong
          ? { numRuns: 1_000_000, interruptAfterTimeLimit: seconds * 1_000 }
          : { numRuns: shortRuns }),
      });
    },
  );
});
