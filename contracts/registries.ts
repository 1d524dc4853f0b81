import { z } from "zod";
import { AccountName, Instant } from "./names.ts";

/**
 * Another registry whose signed images may run. Its password is never shown. What makes it known as a place to
 * sign and verify at is for everybody who is signed in; the rest is there for admins alone.
 */
export const Registry = z.object({
  /** With its port where that is not 443, exactly as image names begin. */
  host: z.string(),
  trustServer: z.string(),
  /** PEM of the only authorities that its servers are believed by. */
  ca: z.string(),
  /** Whom it is read as; left out where that is nobody. Admins alone see it, and what follows. */
  username: z.string().optional(),
  /** For how long what was read last may be used while the trust server does not answer. */
  maxStaleSeconds: z.int().nonnegative().optional(),
  addedAt: Instant.optional(),
  addedBy: AccountName.optional(),
});
export type Registry = z.infer<typeof Registry>;

export const AddRegistry = z
  .strictObject({
    host: z.string().max(255),
    ca: z.string().max(50_000),
    /** `https://host[:port][/path]`; the registry's own host when left out. */
    trustServer: z.string().max(1_000).optional(),
    username: z
      .string()
      .min(1)
      .max(255)
      .regex(/^[^:\p{Cc}]+$/u, "no colon and no control characters")
      .optional(),
    password: z.string().min(1).max(4_096).optional(),
    maxStaleSeconds: z.int().min(0).max(604_800).optional(),
  })
  .refine((given) => (given.username === undefined) === (given.password === undefined), {
    message: "a username and a password belong together",
    path: ["password"],
  });
export type AddRegistry = z.infer<typeof AddRegistry>;
