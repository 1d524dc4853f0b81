/** For `catch`: a file that is not there is no error, only an answer. */
export function ifMissing(error: unknown): undefined {
  if (!isMissing(error)) throw error;
}

export function isMissing(error: unknown): boolean {
  return isSystemError(error, "ENOENT");
}

export function isSystemError(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
