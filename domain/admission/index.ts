/** The verdict: image, evidence and policy in; admit or deny with reasons out. Pure. */
export { isCountingRole } from "./countersigners.ts";
export type { KeyOwner, People, RoleEvidence, TrustEvidence } from "./evidence.ts";
export { explain, type Explanation } from "./explain.ts";
export type { Policy, PolicyMode, TeamRequirement } from "./policy.ts";
export type { Reason, UnknownSigner } from "./reason.ts";
export { isReleasingRole } from "./released.ts";
export { refusalText } from "./refusal.ts";
export { signable } from "./signable.ts";
export { unsatisfiable } from "./teams.ts";
export type { Countersigner, TeamState, Verdict } from "./verdict.ts";
export { weigh, type Candidate, type Case } from "./weigh.ts";
