import { z } from "zod";
import { AccountName, Instant, TeamName } from "./names.ts";
import { PolicyMode, Verdict } from "./verdict.ts";

/** A team of whom more than one person must sign; people are counted, never keys. */
export const Minimum = z.strictObject({ team: TeamName, people: z.int().min(1).max(100) });

/**
 * What happens when a running image loses its approval: it is shown (`report`), somebody is told besides, or it is
 * stopped. `would-stop` tells what would be stopped; only after it can `stop` be set.
 */
export const WhenLost = z.strictObject({
  action: z.enum(["report", "notify", "would-stop", "stop"]),
  /** Who is told; shown to administrators alone. */
  webhook: z.string().max(2_000).exactOptional(),
});
export type WhenLost = z.infer<typeof WhenLost>;

export const Policy = z.object({
  version: z.int().nonnegative(),
  /** `enforce`: run only signed images. */
  mode: PolicyMode,
  requiredTeams: z.array(TeamName),
  /** Required teams that need more than one person. */
  minimums: z.array(Minimum).optional(),
  whenLost: WhenLost.optional(),
  changedAt: Instant,
  changedBy: AccountName.optional(),
});
export type Policy = z.infer<typeof Policy>;

export const SetPolicy = z.strictObject({
  mode: PolicyMode,
  requiredTeams: z.array(TeamName).max(50),
  minimums: z.array(Minimum).max(50).optional(),
  /** As it was, where it is left out. `stop` before `would-stop` is `gatekeeper/dry-run-first` (409). */
  whenLost: WhenLost.optional(),
  /** The version that was read; another one stored meanwhile is `gatekeeper/policy-changed` (409). */
  ifVersion: z.int().nonnegative(),
});
export type SetPolicy = z.infer<typeof SetPolicy>;

export const Workload = z.object({
  kind: z.enum(["container", "service"]),
  id: z.string(),
  name: z.string(),
  /** The image as the engine stores it. */
  image: z.string(),
  state: z.string(),
  verdict: Verdict,
  /** Since when its verdict is this one, as far as that was seen. */
  since: Instant.optional(),
});
export type Workload = z.infer<typeof Workload>;

export const Workloads = z.object({
  /** False where no engine is connected or it does not answer: then nothing is known about what runs. */
  engine: z.boolean(),
  workloads: z.array(Workload),
});
export type Workloads = z.infer<typeof Workloads>;

export const PreviewPolicy = SetPolicy.omit({ ifVersion: true });
export type PreviewPolicy = z.infer<typeof PreviewPolicy>;

/** What a policy would do, before it is saved. */
export const PolicyPreview = z.object({
  workloads: Workloads,
  /** Required teams that no one can sign for, each with the reason. */
  warnings: z.array(z.object({ team: TeamName, text: z.string() })),
});
export type PolicyPreview = z.infer<typeof PolicyPreview>;
