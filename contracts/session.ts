import { z } from "zod";
import { Instant } from "./names.ts";
import { User } from "./people.ts";

export const SignIn = z.strictObject({
  username: z.string().min(1).max(64),
  password: z.string().min(1).max(1024),
  /** `cookie` for the browser; `bearer` for programs, which get the token in the answer. */
  transport: z.enum(["cookie", "bearer"]).default("cookie"),
});
export type SignIn = z.infer<typeof SignIn>;

export const Session = z.object({ user: User, expiresAt: Instant, token: z.string().optional() });
export type Session = z.infer<typeof Session>;
