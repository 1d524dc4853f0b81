import type { Candidate, Case } from "#domain/admission";
import type { Options } from "#domain/kernel";
import { gunOf, tryReference, type ImageReference } from "#domain/oci";
import { evidenceOf, peopleOf } from "./evidence.ts";
import type { Directory, StoredPolicy, TrustedRegistries, TrustSource } from "./ports.ts";

/** An image as somebody named it. */
export type NamedImage = {
  readonly image: string;
  /** Given where `image` is the ID of an image on the engine: the repository digests it is known by there. */
  readonly localDigests?: readonly string[];
};

export type GatherParts = {
  readonly trust: TrustSource;
  readonly directory: Directory;
  readonly registries: TrustedRegistries;
};

/** An image on an engine is rarely known by more names than a few; a bound keeps one request from asking for thousands. */
const maxCandidates = 16;

/** Brings together everything the verdict on an image rests on, as it is now. */
export async function gather(
  named: NamedImage,
  policy: StoredPolicy,
  parts: GatherParts,
  o: Options,
): Promise<Case> {
  const people = peopleOf(await parts.directory.roster(o));
  const trustedHosts = await parts.registries.hosts(o);
  const { version, mode, required } = policy;
  const base = { image: named.image, people, policy: { version, mode, required }, trustedHosts };
  const references = candidatesOf(named);
  if (references === undefined) return { ...base, candidates: undefined };
  const candidates: Candidate[] = [];
  for (const reference of references.slice(0, maxCandidates))
    candidates.push({ reference, evidence: await evidenceFor(reference, base, parts, o) });
  return { ...base, candidates };
}

/** A registry that is not trusted is not asked anything: its answer could not change the verdict. */
async function evidenceFor(
  reference: ImageReference,
  { trustedHosts }: Pick<Case, "trustedHosts">,
  parts: GatherParts,
  o: Options,
): Promise<Candidate["evidence"]> {
  if (!trustedHosts.includes(reference.host)) return { kind: "absent" };
  return evidenceOf(await parts.trust.read(gunOf(reference), o));
}

function candidatesOf(named: NamedImage): readonly ImageReference[] | undefined {
  if (named.localDigests === undefined) {
    const reference = tryReference(named.image);
    return reference === undefined ? undefined : [reference];
  }
  return named.localDigests.map(tryReference).filter((reference) => reference !== undefined);
}
