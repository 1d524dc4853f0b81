import type { Instant, Options } from "#domain/kernel";
import type { Gun } from "#domain/oci";
import {
  decodeRoot,
  requireRootOf,
  rootRole,
  verifyRoot,
  verifySuccessor,
  type Envelope,
  type Root,
  type Trusted,
} from "#domain/tuf";
import type { AcceptFirst, MetadataSource } from "./ports.ts";
import { refuse } from "./refused.ts";

type From = {
  readonly source: MetadataSource;
  /** The newest root that was verified before; undefined when this is the first contact. */
  readonly anchor: Uint8Array | undefined;
  readonly now: Instant;
  readonly acceptFirst?: AcceptFirst;
};
type Offered = { readonly gun: Gun; readonly bytes: Uint8Array };

/** More rotations than that since the last reading are refused rather than walked through. */
const maxRotations = 256;

/**
 * Brings the pinned root up to the one offered, root by root, each signed by the one before. The first root
 * of a repository is taken as it is, if its certificates name the repository. Throws a `TufError`.
 */
export async function trustedRoot(
  from: From,
  offered: Offered,
  o: Options,
): Promise<Trusted<Root>> {
  const newest = decodeRoot(offered.bytes);
  if (from.anchor === undefined) {
    const first = named(verifyRoot(newest), offered.gun, from.now);
    from.acceptFirst?.(offered.gun, first, from.now);
    return first;
  }
  const isPinned = Buffer.from(from.anchor).equals(offered.bytes);
  const anchor = verifyRoot(isPinned ? newest : decodeRoot(from.anchor));
  const [ours, theirs] = [anchor.signed.version, newest.signed.version];
  if (theirs < ours)
    return refuse({
      kind: "rolled-back",
      role: rootRole,
      seenVersion: ours,
      offeredVersion: theirs,
    });
  if (theirs > ours)
    return named(await chain(from, { anchor, newest, ...offered }, o), offered.gun, from.now);
  if (newest.sha256 !== anchor.sha256)
    return refuse({
      kind: "tampered",
      role: rootRole,
      detail: `version ${ours} was seen before with other content`,
    });
  return anchor;
}

async function chain(
  { source }: From,
  to: Offered & { readonly anchor: Trusted<Root>; readonly newest: Envelope<Root> },
  o: Options,
): Promise<Trusted<Root>> {
  let trusted = to.anchor;
  const last = to.newest.signed.version;
  if (last - trusted.signed.version > maxRotations)
    return refuse({ kind: "tampered", role: rootRole, detail: "too many root rotations at once" });
  for (let version = trusted.signed.version + 1; version < last; version += 1) {
    const bytes = await source.byVersion(to.gun, rootRole, version, o);
    // Where a root in between is lost, the newest one may still be signed by the one we hold.
    if (bytes === undefined) return verifySuccessor(trusted, to.newest, "any-later");
    trusted = verifySuccessor(trusted, decodeRoot(bytes));
  }
  return verifySuccessor(trusted, to.newest);
}

function named(root: Trusted<Root>, gun: Gun, now: Instant): Trusted<Root> {
  requireRootOf(gun, root, now);
  return root;
}
