import type { Instant } from "#domain/kernel";
import {
  decodeRoot,
  requireRootOf,
  TufError,
  verifyRoot,
  verifySuccessor,
  type Root,
  type Trusted,
} from "#domain/tuf";
import { missingRoots } from "./archived.ts";

/** A root that does not follow from the one before it: whoever trusts that one does not trust this one. */
export type ChainBreak = {
  readonly after: number;
  readonly at: number;
  readonly detail: string;
};

export type RootHistory = {
  readonly newest: Trusted<Root>;
  readonly versions: readonly number[];
  /** Versions that the server did not have any more. */
  readonly missing: readonly number[];
  readonly breaks: readonly ChainBreak[];
};

/**
 * Walks the roots from the oldest one there is, taken on its own word, to the newest: each must be signed by
 * the one before (TUF specification 1.0, section 5.3). Where versions are missing, the next one may still be.
 * Throws a `TufError` when the newest root is not one by its own keys.
 */
export function rootHistory(roots: ReadonlyMap<number, Uint8Array>): RootHistory {
  const versions = [...roots.keys()].sort((a, b) => a - b);
  const breaks: ChainBreak[] = [];
  let trusted: Trusted<Root> | undefined;
  let after = 0;
  for (const version of versions) {
    try {
      const root = decodeRoot(roots.get(version) ?? new Uint8Array());
      if (root.signed.version !== version)
        throw new TufError(
          "tuf/version",
          `the file says that it is version ${root.signed.version}`,
        );
      if (trusted === undefined) trusted = verifyRoot(root);
      else if (follows(trusted, root)) trusted = root;
      else {
        const next: Trusted<Root> = verifyRoot(root);
        breaks.push({ after, at: version, detail: `root ${after} did not sign root ${version}` });
        trusted = next;
      }
    } catch (error) {
      if (!(error instanceof TufError) || version === versions.at(-1)) throw error;
      breaks.push({ after, at: version, detail: error.message });
      continue;
    }
    after = version;
  }
  if (trusted === undefined) throw new TufError("tuf/root-chain", "there is no root");
  return { newest: trusted, versions, missing: missingRoots({ roots }), breaks };
}

function follows(
  previous: Trusted<Root>,
  next: Parameters<typeof verifySuccessor>[1],
): next is Trusted<Root> {
  try {
    verifySuccessor(previous, next, "any-later");
    return true;
  } catch (error) {
    if (error instanceof TufError) return false;
    throw error;
  }
}

/** How long the certificates that tie a root to its repository are good. */
export type Naming =
  | { readonly kind: "valid"; readonly until: Instant }
  | { readonly kind: "ended"; readonly at: Instant }
  | { readonly kind: "not-yet"; readonly from: Instant };

/** Whether `root` is the repository's at `now` by its certificates. Throws a `TufError` when it never is. */
export function namingAt(gun: string, root: Trusted<Root>, now: Instant): Naming {
  const leaves = [...root.signed.root.keys.values()].flatMap((key) => {
    const x509 = key.material?.certificates[0]?.x509;
    return x509 === undefined ? [] : [x509];
  });
  const ends = leaves.map((leaf) => leaf.validToDate.getTime());
  const isNamed = (at: Instant): boolean => doesPass(() => requireRootOf(gun, root, at));
  if (isNamed(now)) {
    const until = ends.filter((end) => end >= now && isNamed(end));
    return { kind: "valid", until: Math.max(now, ...until) };
  }
  const good = ends.filter((end) => isNamed(end));
  const last = Math.max(...good);
  if (good.length > 0 && last < now) return { kind: "ended", at: last };
  const starts = leaves.map((leaf) => leaf.validFromDate.getTime()).filter((at) => at > now);
  const first = Math.min(...starts.filter((start) => isNamed(start)));
  if (Number.isFinite(first)) return { kind: "not-yet", from: first };
  requireRootOf(gun, root, now);
  throw new TufError("tuf/certificate-invalid", "no certificate names the repository");
}

function doesPass(check: () => void): boolean {
  try {
    check();
    return true;
  } catch (error) {
    if (error instanceof TufError) return false;
    throw error;
  }
}
