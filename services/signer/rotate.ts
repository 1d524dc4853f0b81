import type { Options } from "#domain/kernel";
import type { Gun } from "#domain/oci";
import {
  rootRole,
  snapshotRole,
  targetsRole,
  timestampRole,
  type PublicKey,
  type RoleKeys,
  type RoleName,
  type Root,
} from "#domain/tuf";
import type { Draft } from "./draft.ts";
import { earlierRootSigners, type EarlierRoot } from "./earlier-roots.ts";
import { refused, SignerError, TrustServerError } from "./errors.ts";
import { certifiedRootKey, type InitParts } from "./init.ts";
import type { Keyring } from "./keyring.ts";
import { offer, type OfferParts } from "./offer.ts";
import type { Opened } from "./open-draft.ts";
import type { KeyStore, SigningKey } from "./ports.ts";
import { serversOwn } from "./served-key.ts";
import type { Rotation } from "./signer.ts";

export type RotateParts = OfferParts & InitParts & { readonly earlierRoot?: EarlierRoot };
type BaseRole = "root" | "targets" | "snapshot" | "timestamp";

/** Gives a role other keys and publishes that; see `Signer.rotate`. */
export async function rotateKeys(
  parts: RotateParts,
  gun: Gun,
  how: Rotation & { readonly keyring: Keyring },
  o: Options,
): Promise<void> {
  const role = rotatable(how);
  const renewal = newKeys(parts, gun, { ...how, role }, o);
  let before: Root | undefined;
  const next = async (opened: Opened | undefined) => {
    if (opened === undefined)
      throw new SignerError("signer/repository-unknown", `there is no trust data for ${gun}`);
    before = opened.draft.root;
    const draft = renewed(opened.draft, role, await renewal.keys(before[role].threshold));
    if (role !== rootRole || (how.earlierRoots ?? 0) === 0) return { draft };
    const wish = { gun, root: opened.draft.rootFile, count: how.earlierRoots ?? 0 };
    const rootCosigners = await earlierRootSigners(parts.earlierRoot, wish, how.keyring, o);
    return { draft, rootCosigners };
  };
  try {
    await offer(parts, gun, { keyring: how.keyring, next }, o);
  } catch (error) {
    // Only where it is certain that no root names them: an answer that was lost may have been a yes.
    if (isCertain(error)) for (const key of renewal.made) await parts.keys.remove(key.id, o);
    throw error;
  }
  if (before !== undefined && (role === targetsRole || role === snapshotRole))
    await forgetReplaced(parts.keys, { gun, role, replaced: before[role], kept: renewal.ids }, o);
}

function rotatable({ role, by }: Rotation): BaseRole {
  if (role === timestampRole && by === "client")
    throw refused("the timestamp key is managed by the server");
  if ((role === targetsRole || role === rootRole) && by === "server")
    throw refused(`the ${role} key is never managed by the server`);
  const roles: readonly BaseRole[] = ["root", "targets", "snapshot", "timestamp"];
  const found = roles.find((name) => name === role);
  if (found === undefined)
    throw refused(`the keys of ${role} are changed by editing its delegation`);
  return found;
}

type Renewal = {
  /** The keys as root lists them; the same ones each time. */
  readonly keys: (count: number) => Promise<readonly PublicKey[]>;
  /** Private keys that were generated for it. */
  readonly made: readonly SigningKey[];
  /** Canonical ids of all of them. */
  readonly ids: ReadonlySet<string>;
};

function newKeys(
  parts: RotateParts,
  gun: Gun,
  how: Omit<Rotation, "role"> & { readonly role: BaseRole; readonly keyring: Keyring },
  o: Options,
): Renewal {
  const { role, keyring } = how;
  const made: SigningKey[] = [];
  const ids = new Set<string>();
  let listed: readonly PublicKey[] | undefined;
  const generate = async (): Promise<SigningKey> => {
    const purpose = role === rootRole ? { role } : { role, gun };
    const key = await parts.keys.generate(purpose, o);
    keyring.add(key);
    made.push(key);
    return key;
  };
  const chosen = async (id: string): Promise<SigningKey> => {
    const key = await keyring.open(id);
    if (key === undefined) throw new SignerError("signer/key-unknown", `no key ${id} is held`);
    return key;
  };
  const asListed = async (key: SigningKey): Promise<PublicKey> =>
    role === rootRole ? await certifiedRootKey(parts, gun, { rootKey: key }, o) : key.publicKey;
  const make = async (count: number): Promise<readonly PublicKey[]> => {
    if (how.by === "server") {
      const name = role as RoleName;
      return [await serversOwn(parts.keys, name, await parts.server.rotateKey(gun, name, o), o)];
    }
    const keys: SigningKey[] = [];
    for (const id of how.keys ?? []) keys.push(await chosen(id));
    if (keys.length === 0) while (keys.length < count) keys.push(await generate());
    for (const key of keys) ids.add(key.id);
    return await Promise.all(keys.map(asListed));
  };
  return { made, ids, keys: async (count) => (listed ??= await make(count)) };
}

/** Root with other keys for a role; root keys that were replaced stay listed, as Notary's clients leave them. */
function renewed(draft: Draft, role: BaseRole, keys: readonly PublicKey[]): Draft {
  const { root } = draft;
  const replaced: RoleKeys = {
    threshold: root[role].threshold,
    keys: new Map(keys.map((key) => [key.id, key])),
  };
  if (replaced.keys.size < replaced.threshold)
    throw new SignerError(
      "signer/key-unsuitable",
      `${role} needs ${replaced.threshold} keys: give as many`,
    );
  const next = { ...root, [role]: replaced };
  const used = [next.root, next.targets, next.snapshot, next.timestamp];
  const gone = new Set(role === rootRole ? [] : root[role].keys.keys());
  const kept = [...root.keys].filter(([id]) => !gone.has(id));
  return {
    ...draft,
    root: { ...next, keys: new Map([...kept, ...used.flatMap((each) => [...each.keys])]) },
    isRootDirty: true,
    dirty: role === targetsRole ? new Set([...draft.dirty, targetsRole]) : draft.dirty,
    ...(role === rootRole ? { previousRoot: root.root } : {}),
  };
}

/** Keys are forgotten only where they were made for this role of this repository: others may be in use elsewhere. */
async function forgetReplaced(
  keys: KeyStore,
  what: {
    readonly gun: Gun;
    readonly role: BaseRole;
    readonly replaced: RoleKeys;
    readonly kept: ReadonlySet<string>;
  },
  o: Options,
): Promise<void> {
  const replaced = new Set(
    [...what.replaced.keys.values()].map((key) => key.material?.canonicalId ?? key.id),
  );
  for (const { id, role, gun } of await keys.list(o))
    if (replaced.has(id) && !what.kept.has(id) && role === what.role && gun === what.gun)
      await keys.remove(id, o);
}

function isCertain(error: unknown): boolean {
  if (error instanceof SignerError) return true;
  if (!(error instanceof TrustServerError)) return false;
  return error.code !== "trust-server/unreachable" && error.code !== "trust-server/unexpected";
}
