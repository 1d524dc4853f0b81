import type { Case, PolicyMode, Verdict } from "#domain/admission";
import type { AccountName } from "#domain/identity";
import type { Instant } from "#domain/kernel";
import type { Gun } from "#domain/oci";

/** Where the question came from. */
export type Gate = "docker-api" | "engine-plugin" | "runtime-guard" | "cli" | "web";

/** What happened to the request: the signed digest ran, it passed as written, or it was refused. */
export type Effect = "run" | "as-written" | "refuse";

/** A decision with all it rests on: weighing `case` again gives the same verdict. */
export type DecisionRecord = {
  readonly at: Instant;
  readonly by: AccountName;
  readonly gate: Gate;
  readonly operation: string;
  readonly mode: PolicyMode;
  readonly effect: Effect;
  /** The repository it is about; undefined for what names none. */
  readonly repository: Gun | undefined;
  readonly case: Case;
  readonly verdict: Verdict;
  /** The text the client saw; empty when admitted. */
  readonly message: string;
};

export type StoredDecision = DecisionRecord & { readonly id: string };
