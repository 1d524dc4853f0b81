type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Lets Node.js keep what it compiles, so that the next start is faster. What lies there is run, so the
 * directory must be ours alone; where it cannot be, or cannot be written, nothing is kept and nothing is said.
 * Node's own modules are fetched here, not imported: that takes less time, and versions that are too old to have
 * this function can still read the file.
 */
export function keepCompiled(env: Environment): void {
  if (env["NODE_COMPILE_CACHE"]) return; // Node.js keeps it already, where it was told to
  try {
    const directory = ownDirectory(env);
    if (directory !== undefined)
      process.getBuiltinModule("node:module").enableCompileCache(directory);
  } catch {
    return; // a home that is read-only or full only makes the start slower
  }
}

/** Below the user's cache directory. Not in a shared `/tmp`, where anybody could leave code for us to run. */
function ownDirectory({ HOME: home, XDG_CACHE_HOME: caches }: Environment): string | undefined {
  const [base, ...below] = caches?.startsWith("/") ? [caches] : [home, ".cache"];
  // As root in somebody's home (`sudo`) this is not ours, and nothing of root's is left behind there.
  if (base?.startsWith("/") !== true || !isOurs(base, 0o002)) return undefined;
  const { mkdirSync } = process.getBuiltinModule("node:fs");
  let path = base;
  for (const name of [...below, "countersign", "compiled"]) {
    path = `${path}/${name}`;
    mkdirSync(path, { recursive: true, mode: 0o700 });
    if (!isOurs(path, name === "compiled" ? 0o022 : 0o002)) return undefined;
  }
  return path;
}

/** Whether a directory is this user's, and none of the `others` may write to it. */
function isOurs(path: string, others: number): boolean {
  const stat = process.getBuiltinModule("node:fs").lstatSync(path);
  return stat.isDirectory() && stat.uid === process.geteuid?.() && (stat.mode & others) === 0;
}
