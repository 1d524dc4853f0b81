import { weigh, type PolicyMode, type TeamRequirement, type Verdict } from "#domain/admission";
import type { AccountName } from "#domain/identity";
import type { Options } from "#domain/kernel";
import type { Gun } from "#domain/oci";
import type { StoredDecision } from "./decision.ts";
import { followDecisions } from "./follow-decisions.ts";
import {
  consider,
  find,
  judge,
  report,
  type Finding,
  type ImageRequest,
  type JudgeParts,
  type Judgement,
} from "./judge.ts";
import type { NamedImage } from "./gather.ts";
import { setPolicy } from "./policy.ts";
import type { Engine, NewPolicy, Stopper, StoredPolicy, Webhook, WorkloadStore } from "./ports.ts";
import { tellWaiting } from "./tell-waiting.ts";
import { reviewWorkloads, type Review } from "./watch-workloads.ts";
import {
  judgeWorkloads,
  policyWarnings,
  standingWorkloads,
  type JudgedWorkload,
  type StandingWorkload,
} from "./workloads.ts";

export type GatekeeperParts = Omit<JudgeParts, "announce"> & {
  readonly engine: Engine;
  readonly workloadStore: WorkloadStore;
  readonly stopper: Stopper;
  readonly webhook: Webhook;
  readonly pace: (o: Options) => Promise<void>;
};

export type Preview = {
  readonly workloads: readonly JudgedWorkload[] | undefined;
  readonly warnings: Awaited<ReturnType<typeof policyWarnings>>;
};

/** One verdict for an image reference, with reasons; the same for every gate. */
export interface Gatekeeper {
  /** For gates: judges, keeps the decision, and says what to do. Throws when it cannot tell: keep the gate shut. */
  judge(request: ImageRequest, o: Options): Promise<Judgement>;
  /** For gates that tell later what they refused: judges, and keeps nothing. */
  consider(named: NamedImage, o: Options): Promise<Judgement>;
  /** Keeps what a gate has refused by itself, in its own words. */
  report(request: ImageRequest & { readonly message: string }, o: Options): Promise<void>;
  /** For people: the verdict as it would be now. Keeps nothing. */
  why(named: NamedImage, o: Options): Promise<Finding>;
  policy(o: Options): Promise<StoredPolicy>;
  /** Throws `gatekeeper/policy-changed` or `gatekeeper/unknown-team`. */
  setPolicy(wanted: NewPolicy, by: AccountName, o: Options): Promise<StoredPolicy>;
  /** What a policy would do to what runs now, before it is saved. */
  preview(
    wanted: { readonly mode: PolicyMode; readonly required: readonly TeamRequirement[] },
    o: Options,
  ): Promise<Preview>;
  workloads(o: Options): Promise<readonly StandingWorkload[] | undefined>;
  /** Looks at what runs, and does what the policy says about what lost its approval. */
  reviewWorkloads(o: Options): Promise<Review | undefined>;
  /** Tells whoever is to be told; how many were. */
  tellWaiting(o: Options): Promise<number>;
  decisions(
    query: { readonly before?: string; readonly limit: number; readonly repository?: Gun },
    o: Options,
  ): Promise<readonly StoredDecision[]>;
  decision(id: string, o: Options): Promise<StoredDecision | undefined>;
  /** Calls `listener` with each decision from now on, of every process, once and in order; call the answer to stop. */
  subscribe(listener: (decision: StoredDecision) => void, o: Options): Promise<() => void>;
}

/** The gatekeeper over its parts. */
export function createGatekeeper(given: GatekeeperParts): Gatekeeper {
  const following = followDecisions(given.decisions);
  const parts = { ...given, announce: () => following.look() };
  return {
    judge: (request, o) => judge(request, parts, o),
    consider: (named, o) => consider(named, parts, o),
    report: (request, o) => report(request, parts, o),
    why: async (named, o) => find(named, await parts.policies.current(o), parts, o),
    policy: (o) => parts.policies.current(o),
    setPolicy: (wanted, by, o) => setPolicy(wanted, by, parts, o),
    async preview(wanted, o) {
      const policy = { ...(await parts.policies.current(o)), ...wanted };
      return {
        workloads: await judgeWorkloads(policy, parts, o),
        warnings: await policyWarnings(policy, parts, o),
      };
    },
    workloads: (o) => standingWorkloads(parts, o),
    reviewWorkloads: (o) => reviewWorkloads(parts, o),
    tellWaiting: (o) => tellWaiting(parts, o),
    decisions: (query, o) => parts.decisions.list(query, o),
    decision: (id, o) => parts.decisions.get(id, o),
    subscribe: (listener, o) => following.subscribe(listener, o),
  };
}

/** Weighs a kept decision's case again: the verdict that the same facts give with the rules as they are now. */
export function replay(decision: StoredDecision): Verdict {
  return weigh(decision.case);
}
