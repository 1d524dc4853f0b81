import type { Clock, Instant, Options } from "#domain/kernel";
import type { Gun } from "#domain/oci";
import { isNearExpiry, type PublicKey } from "#domain/tuf";
import type { Draft } from "./draft.ts";
import { certifiedRootKey } from "./init.ts";
import { isEnough, type Keyring } from "./keyring.ts";
import type { RootCertifier } from "./ports.ts";

type Parts = { readonly certifier: RootCertifier; readonly clock: Clock };

/**
 * Has a root whose time runs out signed again, where its keys are held, with new certificates for keys whose
 * old ones end as well: a root that outlives its certificates is refused by everybody who meets it first. Where
 * the keys are not held the root is left as it is.
 */
export async function renewRoot(
  parts: Parts,
  gun: Gun,
  { draft, keyring }: { readonly draft: Draft; readonly keyring: Keyring },
  o: Options,
): Promise<Draft> {
  const now = parts.clock();
  const { root } = draft;
  if (!draft.isRootDirty && !isNearExpiry(root, now)) return draft;
  if (draft.isNew || draft.previousRoot !== undefined) return draft;
  if (!isEnough(await keyring.held(root.root), root.root)) return draft;
  const keys = new Map<string, PublicKey>();
  for (const listed of root.root.keys.values()) {
    const renewed = await recertified(parts, gun, { listed, keyring, now }, o);
    keys.set(renewed.id, renewed);
  }
  const isSame = [...keys.keys()].every((id) => root.root.keys.has(id));
  if (isSame) return { ...draft, isRootDirty: true };
  return {
    ...draft,
    isRootDirty: true,
    previousRoot: root.root,
    root: {
      ...root,
      keys: new Map([...root.keys, ...keys]),
      root: { threshold: root.root.threshold, keys },
    },
  };
}

async function recertified(
  parts: Parts,
  gun: Gun,
  at: { readonly listed: PublicKey; readonly keyring: Keyring; readonly now: Instant },
  o: Options,
): Promise<PublicKey> {
  const { listed, keyring, now } = at;
  const [leaf] = listed.material?.certificates ?? [];
  const rootKey = await keyring.open(listed.material?.canonicalId ?? listed.id);
  if (leaf === undefined || rootKey === undefined) return listed;
  const ends = { version: 1, expires: leaf.x509.validToDate.getTime() };
  return isNearExpiry(ends, now) ? await certifiedRootKey(parts, gun, { rootKey }, o) : listed;
}
