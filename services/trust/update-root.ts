import type { Instant, Options } from "#domain/kernel";
import type { Gun } from "#domain/oci";
import {
  requireFresh,
  requireRootOf,
  rootRole,
  verifyRoot,
  verifySuccessor,
  type Envelope,
  type Root,
  type Trusted,
} from "#domain/tuf";
import { InvalidUpdate } from "./errors.ts";
import type { MetadataStore } from "./ports.ts";
import { storedRoot } from "./stored-root.ts";
import { checking, type SentFile } from "./update-parts.ts";

type Sent = {
  readonly gun: Gun;
  readonly uploaded: SentFile<Root> | undefined;
  readonly now: Instant;
};

/** The root that an update is judged by: the one it brings, if that follows the stored one; else the stored one. */
export async function acceptRoot(
  store: MetadataStore,
  { gun, uploaded, now }: Sent,
  o: Options,
): Promise<Trusted<Root>> {
  const stored = await store.current(gun, rootRole, o);
  const current = stored === undefined ? undefined : storedRoot(stored);
  if (uploaded === undefined) {
    if (current !== undefined) return current;
    throw new InvalidUpdate(
      "ErrValidation",
      "no pre-existing root and no root provided in update.",
    );
  }
  const root = uploaded.read();
  return checking("ErrBadRoot", () => {
    requireNextVersion(current?.signed.version, root.signed.version);
    requireRootOf(gun, root, now);
    const accepted = current === undefined ? verifyRoot(root) : follow(current, root);
    requireFresh(accepted, now);
    return accepted;
  });
}

/**
 * The first root of a repository may be version 1 or 2, as for Notary's server: none counts as version 1. The
 * version that is stored already passes here, and conflicts when it is stored: what else is wrong is told first.
 */
function requireNextVersion(current: number | undefined, offered: number): void {
  const known = current ?? 1;
  if (offered === known + 1 || offered === known) return;
  throw new InvalidUpdate(
    "ErrBadRoot",
    `Root modifications must increment the version. Current ${known}, new ${offered}`,
  );
}

function follow(current: Trusted<Root>, root: Envelope<Root>): Trusted<Root> {
  const versions = root.signed.version === current.signed.version ? "same" : "next";
  return verifySuccessor(current, root, versions);
}
