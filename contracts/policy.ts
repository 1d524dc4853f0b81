import { z } from "zod";
import { AccountName, Instant, TeamName } from "./names.ts";
import { PolicyMode, Verdict } from "./verdict.ts";

/** A team of whom more than one person must sign; people are counted, never keys. */
export const Minimum = z.strictObject({ team: TeamName, people: z.int().min(1).max(100) });

export const Policy = z.object({
  version: z.int().nonnegative(),
  /** `enforce`: run only signed images. */
  mode: PolicyMode,
  requiredTeams: z.array(TeamName),
  /** Required teams that need more than one person. */
  minimums: z.array(Minimum).optional(),
  changedAt: Instant,
  changedBy: AccountName.optional(),
});
export type Policy = z.infer<typeof Policy>;

export const SetPolicy = z.strictObject({
  mode: PolicyMode,
  requiredTeams: z.array(TeamName).max(50),
  minimums: z.array(Minimum).max(50).optional(),
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
