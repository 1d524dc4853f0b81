import { unsatisfiable } from "#domain/admission";
import type { Options } from "#domain/kernel";
import { peopleOf } from "./evidence.ts";
import { find, type Finding, type JudgeParts } from "./judge.ts";
import type { Engine, RunningWorkload, StoredPolicy } from "./ports.ts";

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

/** Required teams that nobody can satisfy as things are. */
export async function policyWarnings(
  policy: StoredPolicy,
  parts: Pick<JudgeParts, "directory">,
  o: Options,
): Promise<ReturnType<typeof unsatisfiable>> {
  return unsatisfiable(policy, peopleOf(await parts.directory.roster(o)));
}
