import { unsatisfiable } from "#domain/admission";
import type { Instant, Options } from "#domain/kernel";
import { peopleOf } from "./evidence.ts";
import { find, type Finding, type JudgeParts } from "./judge.ts";
import type { Engine, RunningWorkload, StoredPolicy, WorkloadStore } from "./ports.ts";

export type JudgedWorkload = { readonly workload: RunningWorkload; readonly finding: Finding };

/** What runs now, each judged under `policy`; undefined where nothing is known about what runs. */
export async function judgeWorkloads(
  policy: StoredPolicy,
  parts: JudgeParts & { readonly engine: Engine },
  o: Options,
): Promise<readonly JudgedWorkload[] | undefined> {
  const running = await parts.engine.running(o);
  if (running === undefined) return undefined;
  const findings = new Map<string, Finding>();
  const judged: JudgedWorkload[] = [];
  for (const workload of running) {
    const same = [workload.image, ...(workload.localDigests ?? ["as written"])].join(" ");
    const finding = findings.get(same) ?? (await find(workload, policy, parts, o));
    findings.set(same, finding);
    judged.push({ workload, finding });
  }
  return judged;
}

/** Something that runs, its verdict now, and since when it stands so where that is known. */
export type StandingWorkload = JudgedWorkload & { readonly since?: Instant };

/** What runs now, judged under the policy in force. */
export async function standingWorkloads(
  parts: JudgeParts & { readonly engine: Engine; readonly workloadStore: WorkloadStore },
  o: Options,
): Promise<readonly StandingWorkload[] | undefined> {
  const judged = await judgeWorkloads(await parts.policies.current(o), parts, o);
  const states = new Map(
    (await parts.workloadStore.states(o)).map((state) => [`${state.kind} ${state.id}`, state]),
  );
  return judged?.map((each) => {
    const state = states.get(`${each.workload.kind} ${each.workload.id}`);
    const isSame = state?.approved === (each.finding.verdict.kind === "admit");
    return state === undefined || !isSame ? each : { ...each, since: state.since };
  });
}

/** Required teams that nobody can satisfy as things are. */
export async function policyWarnings(
  policy: StoredPolicy,
  parts: Pick<JudgeParts, "directory">,
  o: Options,
): Promise<ReturnType<typeof unsatisfiable>> {
  return unsatisfiable(policy, peopleOf(await parts.directory.roster(o)));
}
