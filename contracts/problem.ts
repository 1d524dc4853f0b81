import { z } from "zod";

/** The body of every answer that is not 2xx. `code` is stable; `message` is for a person, `hint` says what to do. */
export const Problem = z.object({
  code: z.string(),
  message: z.string(),
  hint: z.string().optional(),
  /** The form field that the problem is about, where there is one. */
  field: z.string().optional(),
});
export type Problem = z.infer<typeof Problem>;
