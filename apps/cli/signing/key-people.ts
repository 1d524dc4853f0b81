import type { OpenRepository, PublicKey } from "#domain/tuf";
import type { Signing } from "./open-signing.ts";
import type { Place } from "./places.ts";
import { nameOf, ownersOf, person, type SignedBy } from "./trust-view.ts";

/** Whose a key is, by its canonical id: a name for people, and what it rests on. */
export type KeyPeople = (canonicalId: string) => Partial<SignedBy> & { readonly name: string };

/** The people behind all the keys that a repository names. */
export async function keyPeople(
  signing: Signing,
  place: Place,
  open: OpenRepository | undefined,
): Promise<KeyPeople> {
  const keys = open === undefined ? [] : [...keysOf(open)];
  const fingerprints = keys.flatMap(({ material }) => material?.fingerprint ?? []);
  const owners = await ownersOf(signing, place, fingerprints);
  const byId = new Map(
    keys.flatMap(({ material }) =>
      material === undefined ? [] : [[material.canonicalId, material.fingerprint] as const],
    ),
  );
  return (id) => {
    const fingerprint = byId.get(id);
    if (fingerprint === undefined) return { name: `key ${id.slice(0, 12)}` };
    const known = person(fingerprint, owners);
    return { ...known, name: nameOf(known) };
  };
}

function* keysOf({ root, targets, expired }: OpenRepository): Generator<PublicKey> {
  yield* root.signed.keys.values();
  for (const { signed } of [...targets.values(), ...expired.values()]) yield* signed.keys.values();
}
