import { z } from "zod";
import { AccountName, Digest, Instant, TeamName } from "./names.ts";

/** Why an image is refused: a sentence, and what would make it pass. `kind` is stable. */
export const Reason = z.object({
  kind: z.string(),
  text: z.string(),
  next: z.string().optional(),
  team: TeamName.optional(),
  couldSign: z.array(AccountName).optional(),
});
export type Reason = z.infer<typeof Reason>;

/** A person whose signature counts for this image, and the role it stands in. */
export const Countersigner = z.object({ account: AccountName, role: z.string() });

export const TeamState = z.object({
  team: TeamName,
  /** Members whose signature counts. A team that is not met has a reason of its own in `reasons`. */
  signedBy: z.array(AccountName),
  couldSign: z.array(AccountName),
});

export const Verdict = z.object({
  kind: z.enum(["admit", "deny"]),
  /** The reference that was judged, in full. */
  image: z.string(),
  /** The digest that would run. Absent where none is released. */
  digest: Digest.optional(),
  countersigners: z.array(Countersigner),
  teams: z.array(TeamState),
  reasons: z.array(Reason),
  /** When the trust server last answered, where it did not answer this time. */
  asOf: Instant.optional(),
  /** The whole text as the client of a gate sees it; empty when admitted. */
  message: z.string(),
});
export type Verdict = z.infer<typeof Verdict>;

export const PolicyMode = z.enum(["off", "warn", "enforce"]);

export const Decision = z.object({
  id: z.string(),
  at: Instant,
  by: AccountName,
  gate: z.enum(["docker-api", "engine-plugin", "runtime-guard", "cli", "web"]),
  operation: z.string(),
  /** The image as the client wrote it. */
  image: z.string(),
  mode: PolicyMode,
  effect: z.enum(["run", "as-written", "refuse"]),
  verdict: Verdict,
  /** What the verdict rests on: the trust data's versions and the roles that were looked at. */
  evidence: z.object({
    state: z.string(),
    detail: z.string().optional(),
    rootVersion: z.int().optional(),
    timestampVersion: z.int().optional(),
    snapshotVersion: z.int().optional(),
    freshUntil: Instant.optional(),
    /** When the trust server last answered, where it did not answer this time. */
    asOf: Instant.optional(),
    policyVersion: z.int(),
    roles: z.array(
      z.object({
        name: z.string(),
        version: z.int(),
        state: z.string(),
        digest: Digest.optional(),
        /** Fingerprints of the keys that signed, with their owner where an account owns them. */
        keys: z.array(z.object({ fingerprint: z.string(), account: AccountName.optional() })),
      }),
    ),
  }),
});
export type Decision = z.infer<typeof Decision>;
export const Decisions = z.object({ decisions: z.array(Decision), next: z.string().optional() });
export type Decisions = z.infer<typeof Decisions>;
