import type { Options } from "#domain/kernel";
import type { Gun } from "#domain/oci";
import { targetsRole, type RoleName } from "#domain/tuf";
import type { Change } from "./change.ts";
import {
  canonicalIds,
  canSign,
  publishChanges,
  type Present,
  type Wanted,
} from "./publish-changes.ts";
import type { PublishParts } from "./publish.ts";

export type Revoked = {
  /** The roles that listed it and do not any more. */
  readonly roles: readonly RoleName[];
  /** The tags that were taken out, sorted. */
  readonly tags: readonly string[];
  /** The roles that go on listing it, with the canonical ids of the keys that could take it out. */
  readonly remaining: readonly { readonly role: RoleName; readonly keyIds: readonly string[] }[];
};

/**
 * Takes tags out of every role that held keys can sign, `targets` itself included; `tags` undefined: all of them.
 * Published at once. Throws `signer/repository-unknown`, and as `Signer.publish` does.
 */
export async function revoke(
  parts: PublishParts,
  gun: Gun,
  tags: readonly string[] | undefined,
  o: Options,
): Promise<Revoked> {
  let done: Revoked = { roles: [], tags: [], remaining: [] };
  const wantedFor = (present: Present): Wanted => {
    const listing = rolesThatList(present, tags);
    const mine = listing.filter(({ isMine }) => isMine);
    done = {
      roles: mine.map(({ role }) => role),
      tags: [...new Set(mine.flatMap(({ names }) => names))].sort(),
      remaining: listing
        .filter(({ isMine }) => !isMine)
        .map(({ role, keyIds }) => ({ role, keyIds })),
    };
    const changes = mine.flatMap(({ role, names }) =>
      names.map((name): Change => ({ kind: "target-remove", role, name })),
    );
    return { changes };
  };
  await publishChanges(parts, gun, { begins: false, wantedFor }, o);
  return done;
}

type Listing = {
  readonly role: RoleName;
  readonly names: readonly string[];
  readonly keyIds: readonly string[];
  readonly isMine: boolean;
};

function rolesThatList(present: Present, tags: readonly string[] | undefined): readonly Listing[] {
  const { owners, delegations, held } = present;
  const roles = [{ name: targetsRole, ...owners }, ...delegations];
  return roles.flatMap((role) => {
    const listed = present.targets.get(role.name);
    const names = [...(listed?.keys() ?? [])].filter((name) => tags?.includes(name) ?? true);
    if (names.length === 0) return [];
    return [{ role: role.name, names, keyIds: canonicalIds(role), isMine: canSign(role, held) }];
  });
}
