import { mapBounded } from "#domain/kernel";
import type { Digest } from "#domain/oci";
import type { VerifiedRepository } from "#domain/tuf";
import { RemoteError } from "#adapters/remotes";
import { progressOn } from "../progress.ts";
import { reportOf } from "../report-error.ts";
import type { ExitCode, Session } from "../session.ts";
import { fields, moment } from "../text.ts";
import { openSigning, type Signing } from "./open-signing.ts";
import type { ImagePlace } from "./places.ts";
import { TrustOptions } from "./trust-options.ts";
import {
  nameOf,
  ownersOf,
  readTrust,
  released,
  rolesOf,
  wrongWith,
  type Owners,
  type RoleView,
} from "./trust-view.ts";

/** What the trust data says of one image. */
export type ImageTrust = {
  readonly image: string;
  readonly state: "signed" | "not-signed" | "expired" | "rolled-back" | "tampered";
  /** Why it is not signed. */
  readonly detail?: string;
  /** The digest that is signed. */
  readonly digest?: Digest;
  /** What the tag names in the registry now; absent where it cannot be asked or has none. */
  readonly registryDigest?: Digest;
  /** The tag was pushed again after it was signed. */
  readonly movedSinceSigning?: boolean;
  readonly freshUntil?: number;
  readonly roles: readonly RoleView[];
};

/** `countersign verify`: 0 all are signed, 3 one is not, 1 it cannot be known of one. */
export async function runVerify(
  session: Session,
  names: readonly string[],
  given: unknown,
): Promise<ExitCode> {
  await using signing = await openSigning(session, TrustOptions.parse(given));
  const progress = progressOn(session.world, session.config);
  let isUnknown = false;
  let done = 0;
  const readOnce = once((place: ImagePlace) => readPeople(signing, place));
  const all = await mapBounded(8, names, async (name) => {
    try {
      return await verifyImage(signing, await signing.places.image(name), readOnce);
    } catch (error) {
      if (names.length === 1) throw error;
      progress.end();
      const { message, hint } = reportOf(error);
      session.world.err(`error: ${name}: ${message ?? ""}\n`);
      if (hint !== undefined) session.world.err(`hint:  ${hint}\n`);
      isUnknown = true;
      return undefined;
    } finally {
      progress.say(`verified ${(done += 1)} of ${names.length} images`);
    }
  });
  progress.end();
  const found = all.filter((one) => one !== undefined);
  session.show({
    json: names.length === 1 ? found[0] : found,
    ids: found.flatMap(({ image, state, digest }) =>
      state === "signed" ? [`${image.replace(/(?::[^:/]*)?(?:@.*)?$/, "")}@${digest}`] : [],
    ),
    text: found.map((one) => textOf(one, session.config.colour)).join("\n"),
  });
  if (found.some(({ state }) => state !== "signed")) return 3;
  return isUnknown ? 1 : 0;
}

type Read = {
  readonly reading: Awaited<ReturnType<typeof readTrust>>["reading"];
  readonly owners: Owners;
};

async function readPeople(signing: Signing, place: ImagePlace): Promise<Read> {
  const { reading } = await readTrust(signing, place);
  const roles = reading.kind === "verified" ? reading.roles : [];
  const signers = roles.flatMap(({ signedBy }) => signedBy);
  return { reading, owners: await ownersOf(signing, place, signers) };
}

/** A repository is read once, however many of its images are asked for. */
function once(read: (place: ImagePlace) => Promise<Read>): (place: ImagePlace) => Promise<Read> {
  const known = new Map<string, Promise<Read>>();
  return (place) => {
    const reading = known.get(place.gun) ?? read(place);
    known.set(place.gun, reading);
    return reading;
  };
}

export async function verifyImage(
  signing: Signing,
  place: ImagePlace,
  read = (of: ImagePlace) => readPeople(signing, of),
): Promise<ImageTrust> {
  const { gun, reference } = place;
  const { reading, owners } = await read(place);
  const { digest } = reference;
  const shown = `${gun}${reference.tag === undefined ? "" : `:${reference.tag}`}`;
  const image = digest === undefined ? shown : `${shown}@${digest}`;
  if (reading.kind !== "verified") {
    const state = reading.kind === "absent" ? "not-signed" : reading.kind;
    return { image, state, detail: wrongWith(reading), roles: [] };
  }
  const tag = reference.tag ?? tagOf(reading, digest);
  if (tag === undefined)
    return {
      image,
      state: "not-signed",
      detail: "no tag that is signed has this digest",
      roles: [],
    };
  const roles = rolesOf(reading, tag, owners);
  const signed = released(roles);
  const { freshUntil } = reading;
  if (signed === undefined) {
    const detail =
      roles.length === 0
        ? `nobody has signed ${tag}`
        : "it is in no list of released images: neither targets/releases nor targets";
    return { image, state: "not-signed", detail, freshUntil, roles };
  }
  if (digest !== undefined && digest !== signed.digest) {
    const detail = `what is signed as ${tag} is ${signed.digest}`;
    return { image, state: "not-signed", detail, digest: signed.digest, freshUntil, roles };
  }
  const now = reference.digest === undefined ? await inRegistry(signing, place) : undefined;
  return {
    image,
    state: "signed",
    digest: signed.digest,
    ...(now === undefined ? {} : { registryDigest: now, movedSinceSigning: now !== signed.digest }),
    freshUntil,
    roles,
  };
}

/** A released tag of this digest. */
function tagOf(reading: VerifiedRepository, digest: Digest | undefined): string | undefined {
  const names = new Set(reading.roles.flatMap(({ targets }) => [...targets.keys()]));
  const none = new Map<string, string>();
  return [...names].find((name) => released(rolesOf(reading, name, none))?.digest === digest);
}

/** The registry is asked for what one likes to know; whether the image is signed does not depend on it. */
async function inRegistry(signing: Signing, place: ImagePlace): Promise<Digest | undefined> {
  try {
    return (await signing.registry(place, "pull").resolve(place.reference, signing))?.digest;
  } catch (error) {
    if (error instanceof RemoteError) return undefined;
    throw error;
  }
}

export function textOf(trust: ImageTrust, colour: boolean): string {
  const { image, state, detail, digest, roles, registryDigest, movedSinceSigning } = trust;
  const isSigned = state === "signed";
  const word = isSigned ? "signed" : "not signed";
  const moved =
    movedSinceSigning === true
      ? `moved since signing: the tag is ${registryDigest} now`
      : undefined;
  const text = fields([
    [word, image.replace(/@sha256:([0-9a-f]{12})[0-9a-f]*$/, "@sha256:$1")],
    ["reason", detail],
    ["digest", digest],
    ...roles.map((role) => ["role", roleLine(role, digest)] as const),
    ["registry", moved ?? (movedSinceSigning === false ? "the tag has this digest" : undefined)],
    ["until", trust.freshUntil === undefined ? undefined : moment(trust.freshUntil)],
  ]);
  return colour ? text.replace(word, `\u001b[${isSigned ? 32 : 31}m${word}\u001b[0m`) : text;
}

function roleLine({ name, state, signedBy, digest }: RoleView, shown: Digest | undefined): string {
  const who = signedBy.map(nameOf).join(", ") || "nobody";
  const other =
    digest === shown || shown === undefined ? "" : ` (another digest: ${digest.slice(0, 19)})`;
  return `${name}, by ${who}${state === "valid" ? "" : ` (${state})`}${other}`;
}
