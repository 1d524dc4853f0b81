import type { Instant, Options } from "#domain/kernel";
import type { Gun } from "#domain/oci";
import {
  decodeRoot,
  requireFresh,
  requireRootOf,
  rootRole,
  verifyRoot,
  verifySuccessor,
  type Envelope,
  type Root,
  type Trusted,
} from "#domain/tuf";
import { InvalidUpdate, TrustError } from "./errors.ts";
import type { MetadataStore } from "./ports.ts";
import { checking } from "./update-parts.ts";

type Sent = {
  readonly gun: Gun;
  readonly uploaded: Envelope<Root> | undefined;
  readonly now: Instant;
};

/** The root that an update is judged by: the one it brings, if that follows the stored one; else the stored one. */
export async function acceptRoot(
  store: MetadataStore,
  { gun, uploaded, now }: Sent,
  o: Options,
): Promise<Trusted<Root>> {
  const stored = await store.current(gun, rootRole, o);
  const current = stored === undefined ? undefined : verifyRoot(decodeRoot(stored.bytes));
  if (uploaded === undefined) {
    if (current !== undefined) return current;
    throw new InvalidUpdate(
      "ErrValidation",
      "no pre-existing root and no root provided in update.",
    );
  }
  return checking("ErrBadRoot", () => {
    requireNextVersion(current?.signed.version, uploaded.signed.version);
    requireRootOf(gun, uploaded, now);
    const accepted =
      current === undefined ? verifyRoot(uploaded) : verifySuccessor(current, uploaded);
    requireFresh(accepted, now);
    return accepted;
  });
}

/** The first root of a repository may be version 1 or 2, as for Notary's server: none counts as version 1. */
function requireNextVersion(current: number | undefined, offered: number): void {
  if (current === offered) throw new TrustError("trust/version-conflict", "root is not newer");
  const known = current ?? 1;
  if (offered === known + 1 || (current === undefined && offered === 1)) return;
  throw new InvalidUpdate(
    "ErrBadRoot",
    `Root modifications must increment the version. Current ${known}, new ${offered}`,
  );
}
