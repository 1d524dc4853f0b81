import { ApiError } from "#contracts";

type Issue = { readonly path: readonly PropertyKey[]; readonly message: string };
type Checked =
  | { readonly success: true }
  | { readonly success: false; readonly error: { readonly issues: readonly Issue[] } };
type Schema = { readonly safeParse: (values: unknown) => Checked };

/** A form's check, by the schema that the server itself reads with; the first complaint of each field counts. */
export function checkedBy(schema: Schema): (values: unknown) => Record<string, string> {
  return (values) => {
    const read = schema.safeParse(values);
    if (read.success) return {};
    const errors = new Map<string, string>();
    for (const issue of read.error.issues) {
      const field = String(issue.path[0] ?? "");
      if (!errors.has(field)) errors.set(field, plain(issue.message));
    }
    return Object.fromEntries(errors);
  };
}

/** The server's refusal as the error of the field it is about, where that is one of `fields`. */
export function fieldErrorOf(
  error: unknown,
  fields: readonly string[],
): Record<string, string> | undefined {
  if (!(error instanceof ApiError)) return undefined;
  const { field, message, hint } = error.problem;
  if (field === undefined || !fields.includes(field)) return undefined;
  return { [field]: hint === undefined ? message : `${message}: ${hint}` };
}

function plain(message: string): string {
  return /^Too small.*>=1 /.test(message) ? "please fill this in" : message;
}
