/** SQLite's extended result codes for a primary key or a unique column that is taken. */
const uniqueViolations: ReadonlySet<unknown> = new Set([1_555, 2_067]);

/** Whether a statement failed because a row with that key is there already. */
export function isUniqueViolation(error: unknown): boolean {
  return error instanceof Error && "errcode" in error && uniqueViolations.has(error.errcode);
}
