import type { Options } from "#domain/kernel";
import type { Gun } from "#domain/oci";
import type { RoleName } from "#domain/tuf";
import { applyChanges } from "./apply-changes.ts";
import type { Change } from "./change.ts";
import { SignerError } from "./errors.ts";
import { initialise, type InitParts } from "./init.ts";
import type { Keyring } from "./keyring.ts";
import type { ServedFile } from "./left-behind.ts";
import { offer, type OfferParts } from "./offer.ts";
import { openDraft, withFloors, type Opened } from "./open-draft.ts";
import type { InitOptions, Published } from "./signer.ts";

export type PublishParts = OfferParts & InitParts & { readonly servedFile?: ServedFile };

/** Applies what is staged to the server's present state and publishes that; see `Signer.publish`. */
export async function publishStaged(
  parts: PublishParts,
  gun: Gun,
  keyring: Keyring,
  o: Options,
): Promise<Published> {
  const local = parts.local(gun);
  const staged = await local.staged(o);
  const changes = staged.map(({ change }) => change);
  const roles = changes.flatMap(roleOf);
  const next = async (opened: Opened | undefined) => {
    const how = { serverKeepsSnapshot: false, keyring };
    const { draft } = opened ?? (await initialisedNow(parts, gun, how, o));
    return {
      draft: applyChanges(await withFloors(draft, roles, { gun, local: parts.local }, o), changes),
    };
  };
  const { files, draft } = await offer(parts, gun, { keyring, next }, o);
  await local.unstage(
    staged.map(({ name }) => name),
    o,
  );
  return { roles: [...files.keys()], isNew: draft.isNew };
}

/** A repository that is begun on the way to its first publish. */
export async function initialisedNow(
  parts: PublishParts,
  gun: Gun,
  how: InitOptions & { readonly keyring: Keyring },
  o: Options,
): Promise<Opened> {
  await initialise(parts, gun, how, o);
  const opened = await openDraft(parts, gun, o);
  if (opened !== undefined) return opened;
  throw new SignerError("signer/repository-unknown", `there is no trust data for ${gun}`);
}

function roleOf(change: Change): readonly RoleName[] {
  return "role" in change ? [change.role] : [];
}
