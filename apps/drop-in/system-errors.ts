const words: ReadonlyMap<string, string> = new Map([
  ["ENOENT", "no such file or directory"],
  ["EACCES", "permission denied"],
  ["EPERM", "operation not permitted"],
  ["EISDIR", "is a directory"],
  ["ENOTDIR", "not a directory"],
  ["EEXIST", "file exists"],
  ["ENOSPC", "no space left on device"],
  ["EROFS", "read-only file system"],
  ["ENAMETOOLONG", "file name too long"],
  ["EDQUOT", "disk quota exceeded"],
]);

/** What the system's error says, in the Notary client's words: `open x.pem: no such file or directory`. */
export function saying(error: unknown, path?: string): string {
  if (!(error instanceof Error)) return String(error);
  const code = codeOf(error);
  const known = code === undefined ? undefined : words.get(code);
  if (known === undefined) return error.message;
  const { syscall, path: own } = error as NodeJS.ErrnoException;
  const named = path ?? own;
  return named === undefined ? known : `${syscall ?? "open"} ${named}: ${known}`;
}

/** The system's own code, of an error or of what caused it. */
export function codeOf(error: unknown): string | undefined {
  for (let at = error, depth = 0; at instanceof Error && depth < 6; at = at.cause, depth += 1)
    if ("code" in at && typeof at.code === "string" && words.has(at.code)) return at.code;
  return undefined;
}

/** Whether the system refused something, rather than this program having a fault. */
export function isSystemError(error: unknown): error is Error {
  return error instanceof Error && codeOf(error) !== undefined;
}
