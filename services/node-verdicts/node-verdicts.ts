import type { Clock, Options } from "#domain/kernel";
import { NodeVerdictsError } from "./errors.ts";
import type { Answer, KeptStore, KeptVerdict, Question, Refusal, VerdictServer } from "./ports.ts";

export type NodeVerdictsParts = {
  readonly server: VerdictServer;
  readonly store: KeptStore;
  readonly clock: Clock;
  /** How old a kept verdict may be that stands in for a server that is away. */
  readonly stalenessMs: number;
  /** How long one question may take. */
  readonly askMs: number;
};

/** Verdicts on a node: the server's own while it answers, kept ones for a while when it does not. */
export interface NodeVerdicts {
  /** Throws `node-verdicts/not-known`. A server that is away, without a verdict kept, is a refusal. */
  judge(question: Question, o: Options): Promise<Answer>;
  /** Remembers a refusal, for the server to be told. */
  refused(refusal: Refusal): void;
  /** Tells the server what was refused, asks again for what is in use, saves. Call it every few seconds. */
  upkeep(o: Options): Promise<void>;
}

/** After a question without answer nobody else waits for one, for this long. */
const restMs = 2_000;
const forgetAfterMs = 7 * 24 * 3_600_000;
const maxKept = 1_000;
const maxRefusals = 200;
const maxReported = 20;
/** Swarm tries again every few seconds: the same refusal is told once a minute. */
const sameRefusalMs = 60_000;

/** Reads what is kept and begins from there. */
export async function openNodeVerdicts(
  parts: NodeVerdictsParts,
  o: Options,
): Promise<NodeVerdicts> {
  const { server, store, clock } = parts;
  const loaded = await store.load(o);
  const kept = new Map(loaded.verdicts.map((each) => [keyOf(each.question), each]));
  const asking = new Map<string, Promise<Answer>>();
  const told = new Map<string, number>();
  let refusals = [...loaded.refusals];
  let restUntil = 0;
  let isChanged = false;

  async function ask(question: Question, usedAt: number): Promise<Answer> {
    // Not ended with the one who asked first: others may wait for the same answer.
    const answer = await server.ask(question, { signal: AbortSignal.timeout(parts.askMs) });
    const at = clock();
    kept.delete(keyOf(question)); // the newest stands last
    kept.set(keyOf(question), { question, answer, askedAt: at, usedAt });
    for (const [key] of kept) if (kept.size > maxKept) kept.delete(key);
    isChanged = true;
    return answer;
  }

  async function askOnce(question: Question): Promise<Answer> {
    const key = keyOf(question);
    const running = asking.get(key) ?? ask(question, clock());
    asking.set(key, running);
    try {
      return await running;
    } finally {
      if (asking.get(key) === running) asking.delete(key);
    }
  }

  function fromKept(question: Question): Answer {
    const found = kept.get(keyOf(question));
    const age = found === undefined ? Number.NaN : clock() - found.askedAt;
    if (found !== undefined && age >= 0 && age <= parts.stalenessMs) {
      kept.set(keyOf(question), { ...found, usedAt: clock() });
      isChanged = true;
      return found.answer;
    }
    return { kind: "refuse", message: away(question, found, parts.stalenessMs) };
  }

  async function renew(o: Options): Promise<void> {
    const now = clock();
    for (const { question, askedAt, usedAt } of kept.values()) {
      if (now - usedAt > forgetAfterMs) kept.delete(keyOf(question));
      else if (Math.abs(now - askedAt) > parts.stalenessMs / 4) await ask(question, usedAt);
      o.signal.throwIfAborted();
    }
  }

  return {
    async judge(question, o) {
      if (clock() < restUntil && clock() > restUntil - 2 * restMs) return fromKept(question);
      try {
        return await askOnce(question);
      } catch (error) {
        o.signal.throwIfAborted();
        if (!isAway(error)) throw error;
        restUntil = clock() + restMs;
        return fromKept(question);
      }
    },

    refused(refusal) {
      const key = JSON.stringify([refusal.gate, refusal.image, refusal.message]);
      const now = clock();
      const before = told.get(key);
      if (before !== undefined && Math.abs(now - before) < sameRefusalMs) return;
      if (told.size >= maxRefusals) told.clear();
      told.set(key, now);
      refusals = [...refusals, refusal].slice(-maxRefusals);
      isChanged = true;
    },

    async upkeep(o) {
      try {
        while (refusals.length > 0) {
          const some = refusals.slice(0, maxReported);
          await server.report(some, o);
          refusals = refusals.filter((each) => !some.includes(each));
          isChanged = true;
        }
        await renew(o);
      } catch (error) {
        if (!isAway(error)) throw error;
      } finally {
        if (isChanged) {
          isChanged = false;
          await store.save({ verdicts: [...kept.values()], refusals }, o);
        }
      }
    },
  };
}

function isAway(error: unknown): boolean {
  return error instanceof NodeVerdictsError && error.code === "node-verdicts/server-away";
}

function keyOf({ image, imageId, localDigests }: Question): string {
  return JSON.stringify([image, imageId ?? null, localDigests?.toSorted() ?? null]);
}

function away({ image }: Question, found: KeptVerdict | undefined, stalenessMs: number): string {
  const minutes = Math.round(stalenessMs / 60_000);
  const why =
    found === undefined
      ? "this node has no verdict on it"
      : `this node's verdict on it is older than ${minutes} minutes`;
  return (
    `${image} is refused: the Countersign server cannot be reached, and ${why}\n` +
    "try again once the server answers"
  );
}
