import type { Clock, Options } from "#domain/kernel";
import type { Gun } from "#domain/oci";
import type { RoleName, Signer } from "#domain/tuf";
import type { Draft } from "./draft.ts";
import { TrustServerError } from "./errors.ts";
import type { Keyring } from "./keyring.ts";
import { openDraft, type Opened } from "./open-draft.ts";
import type { LocalRepository, RootCertifier, TrustReader, TrustServer } from "./ports.ts";
import { renewRoot } from "./renew-root.ts";
import { signFiles } from "./sign-files.ts";

export type OfferParts = {
  readonly reader: TrustReader;
  readonly server: TrustServer;
  readonly local: (gun: Gun) => LocalRepository;
  readonly certifier: RootCertifier;
  readonly clock: Clock;
};

export type Offer = {
  readonly keyring: Keyring;
  /** Makes the next state from the present one; undefined where there is none. Asked again when that moved on. */
  readonly next: (opened: Opened | undefined) => Promise<Next>;
  /** Offers nothing when there is nothing to sign; else the server is asked for a new timestamp all the same. */
  readonly onlyNews?: boolean;
};

export type Next = { readonly draft: Draft; readonly rootCosigners?: readonly Signer[] };

export type Offered = {
  readonly files: ReadonlyMap<RoleName, Uint8Array>;
  readonly draft: Draft;
};

/** As many publishers may collide: of those that do, one gets through each time. */
const maxAttempts = 8;

/**
 * Brings the next state of a repository to its server. When it is refused, and somebody else has published in
 * the meantime, it is made again on top of theirs.
 */
export async function offer(
  parts: OfferParts,
  gun: Gun,
  { keyring, next, onlyNews = false }: Offer,
  o: Options,
): Promise<Offered> {
  let opened = await openDraft(parts, gun, o);
  for (let attempt = 1; ; attempt += 1) {
    const { draft: wished, rootCosigners } = await next(opened);
    const draft = await renewRoot(parts, gun, { draft: wished, keyring }, o);
    if (onlyNews && !isNews(draft)) return { files: new Map(), draft };
    const terms = { keyring, now: parts.clock() };
    const more = rootCosigners === undefined ? terms : { ...terms, rootCosigners };
    const files = await signFiles(draft, more);
    try {
      await parts.server.publish(gun, files, o);
      return { files, draft };
    } catch (error) {
      if (!isRefusal(error) || attempt === maxAttempts) throw error;
      const now = await openDraft(parts, gun, o);
      if (now?.state === opened?.state) throw error;
      opened = now;
    }
  }
}

function isNews({ isNew, isRootDirty, dirty }: Draft): boolean {
  return isNew || isRootDirty || dirty.size > 0;
}

/** What a server says when an update does not fit on top of what it has; a broken rule may be due to that, too. */
function isRefusal(error: unknown): boolean {
  return (
    error instanceof TrustServerError &&
    (error.code === "trust-server/conflict" || error.code === "trust-server/rejected")
  );
}
