import type { Clock, Options } from "#domain/kernel";
import type { JudgeParts } from "./judge.ts";
import type {
  Engine,
  RunningWorkload,
  Stopper,
  StoredPolicy,
  WorkloadNotice,
  WorkloadState,
  WorkloadStore,
} from "./ports.ts";
import { judgeWorkloads, type JudgedWorkload } from "./workloads.ts";

export type WatchParts = JudgeParts & {
  readonly engine: Engine;
  readonly workloadStore: WorkloadStore;
  readonly stopper: Stopper;
  readonly clock: Clock;
  /** Waits between two that are stopped, so that a wrong change can still be taken back. */
  readonly pace: (o: Options) => Promise<void>;
};

export type Review = {
  /** What lost its approval in this round, and what got it back. */
  readonly lost: readonly WorkloadState[];
  readonly regained: readonly WorkloadState[];
  readonly stopped: readonly string[];
};

/** One round can stop this many: a mistake that un-approves everything is seen before everything is gone. */
const maxStops = 10;

/**
 * Looks at everything that runs, keeps how it stands and since when, and does what the policy says about what lost its
 * approval. Undefined where nothing is known about what runs: then nothing is changed either.
 */
export async function reviewWorkloads(parts: WatchParts, o: Options): Promise<Review | undefined> {
  const policy = await parts.policies.current(o);
  const judged = await judgeWorkloads(policy, parts, o);
  if (judged === undefined) return undefined;
  const before = new Map(
    (await parts.workloadStore.states(o)).map((state) => [keyOf(state), state]),
  );
  const now = parts.clock();
  const states: WorkloadState[] = [];
  const lost: { readonly state: WorkloadState; readonly judged: JudgedWorkload }[] = [];
  const regained: WorkloadState[] = [];
  for (const each of judged) {
    const old = before.get(keyOf(each.workload));
    const state = stateOf(each, old, now);
    if (state === undefined) continue;
    states.push(state);
    if (old === undefined || old.approved === state.approved) continue;
    if (state.approved) regained.push(state);
    else if (state.wasApproved) lost.push({ state, judged: each });
  }
  const notices = [
    ...lost.map(({ state, judged: { finding } }) =>
      noticeOf("lost", state, { policy, at: now, detail: finding.message }),
    ),
    ...regained.map((state) => noticeOf("regained", state, { policy, at: now, detail: "" })),
  ];
  await parts.workloadStore.replace(states, addressed(notices, policy), o);
  const stopped = await stopLost(states, policy, parts, o);
  return { lost: lost.map(({ state }) => state), regained, stopped };
}

/**
 * How it stands now. A fault is no verdict: while the trust data cannot be read, everything stands as it did, and what
 * was never seen before is not known.
 */
function stateOf(
  { workload, finding }: JudgedWorkload,
  old: WorkloadState | undefined,
  now: number,
): WorkloadState | undefined {
  const { kind, id, name, image } = workload;
  const { verdict } = finding;
  const isFault =
    verdict.kind === "deny" && verdict.reasons.some((reason) => reason.kind === "unavailable");
  if (isFault) return old;
  const approved = verdict.kind === "admit";
  const since = old !== undefined && old.approved === approved ? old.since : now;
  const wasApproved = approved || (old?.wasApproved ?? false);
  const told = approved ? undefined : old?.told;
  return {
    ...{ kind, id, name, image, approved, since, wasApproved },
    ...(told === undefined ? {} : { told }),
  };
}

/** Stops, or tells that it would stop, what lost its approval; one after another, each judged once more right before. */
async function stopLost(
  states: readonly WorkloadState[],
  policy: StoredPolicy,
  parts: WatchParts,
  o: Options,
): Promise<readonly string[]> {
  const { action } = policy.whenLost;
  if (policy.mode !== "enforce" || (action !== "stop" && action !== "would-stop")) return [];
  const stopped: string[] = [];
  const after = new Map(states.map((state) => [keyOf(state), state]));
  const notices: WorkloadNotice[] = [];
  for (const state of states.filter((each) => !each.approved && each.wasApproved)) {
    if (stopped.length >= maxStops) break;
    const tell = (event: "would-stop" | "stopped" | "not-stopped", detail = ""): void =>
      void notices.push(noticeOf(event, state, { policy, at: parts.clock(), detail }));
    const once = (event: "would-stop" | "not-stopped", detail?: string): void => {
      if (state.told !== event) tell(event, detail);
      after.set(keyOf(state), { ...state, told: event });
    };
    if (action === "would-stop") {
      once("would-stop");
      continue;
    }
    if (stopped.length > 0) await parts.pace(o);
    if (!(await isStillLost(state, policy, parts, o))) continue;
    const outcome = await parts.stopper.stop(state, o);
    if (outcome.kind === "not-stopped") once("not-stopped", outcome.why);
    if (outcome.kind !== "stopped") continue;
    stopped.push(state.name);
    tell("stopped");
  }
  if (notices.length > 0)
    await parts.workloadStore.replace([...after.values()], addressed(notices, policy), o);
  return stopped;
}

async function isStillLost(
  state: WorkloadState,
  asked: StoredPolicy,
  parts: WatchParts,
  o: Options,
): Promise<boolean> {
  const policy = await parts.policies.current(o);
  if (policy.version !== asked.version) return false;
  const running = await parts.engine.running(o);
  const found = running?.find((workload) => keyOf(workload) === keyOf(state));
  if (found === undefined) return false;
  const only = { ...parts, engine: { running: () => Promise.resolve([found]) } };
  const [judged] = (await judgeWorkloads(policy, only, o)) ?? [];
  return (
    judged?.finding.verdict.kind === "deny" &&
    judged.finding.verdict.reasons.every((reason) => reason.kind !== "unavailable")
  );
}

function noticeOf(
  event: WorkloadNotice["event"],
  state: WorkloadState,
  about: { readonly policy: StoredPolicy; readonly at: number; readonly detail: string },
): WorkloadNotice {
  const { kind, id, name, image, since } = state;
  const { policy, at, detail } = about;
  return { event, kind, id, name, image, since, at, policyVersion: policy.version, detail };
}

function addressed(
  notices: readonly WorkloadNotice[],
  { mode, whenLost: { action, webhook } }: StoredPolicy,
): readonly { readonly notice: WorkloadNotice; readonly webhook: string }[] {
  if (mode === "off" || action === "report" || webhook === undefined) return [];
  return notices.map((notice) => ({ notice, webhook }));
}

export function keyOf({ kind, id }: Pick<RunningWorkload, "kind" | "id">): string {
  return `${kind} ${id}`;
}
