import { expect, test } from "vitest";
import { NodeVerdictsError } from "./errors.ts";
import { openNodeVerdicts, type NodeVerdicts } from "./node-verdicts.ts";
import type { Answer, Kept, Question, Refusal } from "./ports.ts";

const o = { signal: new AbortController().signal };
const run: Answer = { kind: "run", reference: "r/a@sha256:1", digest: "sha256:1" };
const question: Question = { image: "r/a:1", operation: "container-create" };
const refusal: Refusal = { gate: "runtime-guard", operation: "x", image: "r/a:1", message: "no" };

async function world(): Promise<{
  readonly verdicts: NodeVerdicts;
  readonly asked: Question[];
  readonly told: Refusal[];
  readonly state: { server: "up" | "away" | "foreign"; now: number; kept: Kept };
  readonly reopen: () => Promise<NodeVerdicts>;
}> {
  const state = {
    server: "up" as "up" | "away" | "foreign",
    now: 1_000_000,
    kept: { verdicts: [], refusals: [] } as Kept,
  };
  const asked: Question[] = [];
  const told: Refusal[] = [];
  const answering = (): void => {
    if (state.server === "away") throw new NodeVerdictsError("node-verdicts/server-away", "away");
    if (state.server === "foreign") throw new NodeVerdictsError("node-verdicts/not-known", "who");
  };
  const reopen = () =>
    openNodeVerdicts(
      {
        server: {
          ask: async (one) => {
            answering();
            asked.push(one);
            return run;
          },
          report: async (some) => {
            answering();
            told.push(...some);
          },
        },
        store: {
          load: () => Promise.resolve(state.kept),
          save: (kept) => Promise.resolve(void (state.kept = kept)),
        },
        clock: () => state.now,
        stalenessMs: 60_000,
        askMs: 1_000,
      },
      o,
    );
  return { verdicts: await reopen(), asked, told, state, reopen };
}

test("a server that answers is asked each time; many who ask at once share one question", async () => {
  const { verdicts, asked } = await world();
  await verdicts.judge(question, o);
  await verdicts.judge(question, o);
  expect(asked).toHaveLength(2);
  await Promise.all(Array.from({ length: 100 }, () => verdicts.judge(question, o)));
  expect(asked).toHaveLength(3);
});

test.for([
  [0, "run"],
  [60_000, "run"],
  [60_001, "refuse"],
  [-1, "refuse"],
] as const)("a verdict that is %i ms old, while the server is away: %s", async ([age, kind]) => {
  const { verdicts, state } = await world();
  await verdicts.judge(question, o);
  state.server = "away";
  state.now += age;
  expect(await verdicts.judge(question, o)).toMatchObject({ kind });
});

test("a verdict on one image says nothing about another of its name", async () => {
  const { verdicts, state } = await world();
  await verdicts.judge({ ...question, imageId: "sha256:1", localDigests: [] }, o);
  state.server = "away";
  const other = { ...question, imageId: "sha256:2", localDigests: [] };
  expect(await verdicts.judge(other, o)).toMatchObject({ kind: "refuse" });
});

test("what is kept outlives the process, and stays fresh while the server is there", async () => {
  const { verdicts, state, reopen } = await world();
  await verdicts.judge(question, o);
  state.now += 59_000;
  await verdicts.upkeep(o);
  state.server = "away";
  state.now += 59_000;
  expect(await (await reopen()).judge(question, o)).toMatchObject({ kind: "run" });
});

test("nothing that is kept stands in for a server that does not know the node", async () => {
  const { verdicts, state } = await world();
  await verdicts.judge(question, o);
  state.server = "foreign";
  await expect(verdicts.judge(question, o)).rejects.toMatchObject({
    code: "node-verdicts/not-known",
  });
});

test("refusals are told once the server is there, also by the next process, and the same one once a minute", async () => {
  const { verdicts, state, told, reopen } = await world();
  state.server = "away";
  verdicts.refused(refusal);
  verdicts.refused(refusal);
  await verdicts.upkeep(o);
  expect(told).toEqual([]);
  state.server = "up";
  const next = await reopen();
  await next.upkeep(o);
  await next.upkeep(o);
  expect(told).toEqual([refusal]);
  state.now += 61_000;
  next.refused(refusal);
  await next.upkeep(o);
  expect(told).toEqual([refusal, refusal]);
});
