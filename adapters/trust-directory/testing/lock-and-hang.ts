import { openTrustDirectory } from "#adapters/trust-directory";
import { parseGun } from "#domain/oci";

/** Takes the lock of a repository and never gives it back: a program to be killed. */
const [, , path = "", name = ""] = process.argv;
const passphrases = {
  existing: () => Promise.resolve(undefined),
  fresh: () => Promise.resolve(undefined),
};
const directory = openTrustDirectory(path, { passphrases, clock: Date.now });
await directory.lock(parseGun(name).gun, { signal: new AbortController().signal });
process.stdout.write("locked\n");
setInterval(() => undefined, 1_000);
