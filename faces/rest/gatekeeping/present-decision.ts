import type { Decision, Policy, Workload } from "#contracts";
import type { StoredDecision, StoredPolicy, StandingWorkload } from "#services/gatekeeper";
import { presentTrust } from "./present-trust.ts";
import { presentVerdict } from "./present-verdict.ts";

/** A kept decision as the contract shows it. */
export function presentDecision(decision: StoredDecision): Decision {
  const tag =
    decision.verdict.kind === "admit"
      ? decision.verdict.tag
      : decision.case.candidates?.[0]?.reference.tag;
  const { roles, ...trust } = presentTrust(decision.case, tag);
  return {
    id: decision.id,
    at: decision.at,
    by: decision.by,
    gate: decision.gate,
    operation: decision.operation,
    image: decision.case.image,
    mode: decision.mode,
    effect: decision.effect,
    verdict: presentVerdict(decision),
    evidence: {
      ...trust,
      policyVersion: decision.case.policy.version,
      roles: roles.map(({ name, version, state, digest, signedBy }) => ({
        ...{ name, version, state, keys: signedBy },
        ...(digest === undefined ? {} : { digest }),
      })),
    },
  };
}

export function presentPolicy(policy: StoredPolicy): Policy {
  const minimums = policy.required.filter(({ people }) => people > 1);
  return {
    version: policy.version,
    mode: policy.mode,
    requiredTeams: policy.required.map(({ team }) => team),
    ...(minimums.length === 0 ? {} : { minimums: minimums.map((minimum) => ({ ...minimum })) }),
    whenLost: { ...policy.whenLost },
    changedAt: policy.changedAt,
    ...(policy.changedBy === undefined ? {} : { changedBy: policy.changedBy }),
  };
}

export function presentWorkload({ workload, finding, since }: StandingWorkload): Workload {
  const { kind, id, name, image, state } = workload;
  const shown = { kind, id, name, image, state, verdict: presentVerdict(finding) };
  return since === undefined ? shown : { ...shown, since };
}
