import { z } from "zod";
import { AccountName, Digest, Instant } from "./names.ts";
import { Decision, Verdict } from "./verdict.ts";

export const Repository = z.object({
  name: z.string(),
  visibility: z.enum(["private", "public"]),
  tags: z.int(),
  pushedAt: Instant.optional(),
  /** Whether the repository has trust data at all. */
  hasTrustData: z.boolean(),
});
export type Repository = z.infer<typeof Repository>;

export const TagSummary = z.object({
  tag: z.string(),
  /** What the tag points to in the registry; absent where it is signed but was never pushed or is gone. */
  digest: Digest.optional(),
  /** Bytes of everything the manifest refers to. */
  size: z.int().optional(),
  pushedAt: Instant.optional(),
  pushedBy: AccountName.optional(),
  /** The tag was pushed again after it was signed: the signed digest runs, not this one. */
  movedSinceSigning: z.boolean(),
  verdict: Verdict,
});
export type TagSummary = z.infer<typeof TagSummary>;
export const Tags = z.object({ repository: Repository, tags: z.array(TagSummary) });
export type Tags = z.infer<typeof Tags>;

export const SignedRole = z.object({
  name: z.string(),
  version: z.int(),
  expires: Instant,
  state: z.string(),
  digest: Digest.optional(),
  signedBy: z.array(z.object({ fingerprint: z.string(), account: AccountName.optional() })),
});

export const ImagePage = z.object({
  repository: Repository,
  summary: TagSummary,
  /** Reference to hand to docker: `host/acme/web:1`. */
  reference: z.string(),
  trust: z.object({
    state: z.string(),
    detail: z.string().optional(),
    rootVersion: z.int().optional(),
    snapshotVersion: z.int().optional(),
    timestampVersion: z.int().optional(),
    freshUntil: Instant.optional(),
    /** When the trust server last answered, where it did not answer this time. */
    asOf: Instant.optional(),
    roles: z.array(SignedRole),
  }),
  history: z.array(
    z.object({
      at: Instant,
      by: AccountName.optional(),
      what: z.string(),
      digest: Digest.optional(),
    }),
  ),
  decisions: z.array(Decision),
});
export type ImagePage = z.infer<typeof ImagePage>;
