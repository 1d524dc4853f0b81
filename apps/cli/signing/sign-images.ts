import { ApiError, type Verdict } from "#contracts";
import { mapBounded } from "#domain/kernel";
import { digestHex, formatReference, type Digest } from "#domain/oci";
import { parseRoleName, type RoleName } from "#domain/tuf";
import {
  SignerError,
  signerRole,
  signImages as publishSignatures,
  TrustServerError,
  type SignImageOptions,
} from "#services/signer";
import { CliError } from "../errors.ts";
import type { Session } from "../session.ts";
import type { Signing, TrustConnection } from "./open-signing.ts";
import type { Place } from "./places.ts";
import { findSignerKey, type SignerKey } from "./signer-key.ts";

/** A tag, and the manifest that it is to stand for. */
export type ImageToSign = {
  readonly tag: string;
  readonly digest: Digest;
  /** Of the manifest, in bytes. */
  readonly length: number;
};

export type SignedImage = ImageToSign & {
  /** `localhost:8443/acme/web:1` */
  readonly image: string;
  /** The roles that say so now. */
  readonly roles: readonly RoleName[];
  /** Those of them that said so before, and were not signed for it. */
  readonly already: readonly RoleName[];
  /** Those that were delegated on the way. */
  readonly delegated: readonly RoleName[];
  /** Whether this began the repository's trust data. */
  readonly isNew: boolean;
  /** False where all of it was signed so before. */
  readonly isChanged: boolean;
  readonly by: SignerKey;
  /** What our own server thinks of it now; undefined where it is not its image, or it could not be asked. */
  readonly verdict: Verdict | undefined;
};

/**
 * Signs images of one repository as they are given, in one publish: what the registry has under the tag is not
 * asked for again. `roles`: these alone, in place of every role that may. Throws `cli/*` or as signing does.
 */
export async function signImages(
  signing: Signing,
  session: Session,
  at: { readonly place: Place; readonly images: readonly ImageToSign[] },
  how: { readonly roles?: readonly RoleName[] },
): Promise<readonly SignedImage[]> {
  const { place, images } = at;
  const { directory } = signing;
  const by = await findSignerKey(signing, session, place);
  const trust = signing.trust(place, "push,pull");
  const wanted = images.map(({ tag, digest, length }) => ({
    tag,
    sha256: digestHex(digest),
    length,
  }));
  const options: SignImageOptions = {
    ...(by.account === undefined ? {} : { as: signerRole(by.account).slice("targets/".length) }),
    ...(by.key === undefined ? {} : { key: by.key }),
    ...(how.roles === undefined ? {} : { roles: how.roles }),
  };
  try {
    await using _lock = await directory.lock(place.gun, signing);
    const signed = await publishSignatures(trust.parts, place.gun, wanted, options, signing);
    return await mapBounded(8, [...images.entries()], async ([index, image]) => {
      const name = formatReference({ ...placeOf(place), tag: image.tag as never });
      const { roles, delegated, isNew } = signed;
      const already = signed.already[index] ?? [];
      const isChanged = signed.isChanged && already.length < roles.length;
      const verdict = place.isOwn ? await verdictOn(signing, name) : undefined;
      return { ...image, image: name, roles, already, delegated, isNew, isChanged, by, verdict };
    });
  } catch (error) {
    throw inWords(error, { place, by, trust });
  }
}

const placeOf = ({ host, repository }: Place) => ({ host, repository });

async function verdictOn({ account }: Signing, image: string): Promise<Verdict | undefined> {
  try {
    return await (
      await account.client()
    )("why", { query: { image } });
  } catch (error) {
    if (error instanceof ApiError) return undefined; // it is signed all the same
    throw error;
  }
}

/** `qa`, `targets/qa` or `targets`. Throws `cli/usage`. */
export function readRole(text: string): RoleName {
  try {
    return parseRoleName(
      text === "targets" || text.startsWith("targets/") ? text : `targets/${text}`,
    );
  } catch (cause) {
    const hint = "write it as targets/qa: lower-case letters, digits, - and _";
    throw new CliError("cli/usage", `${text} is not the name of a role`, hint, { cause });
  }
}

/** What could not be done to a repository's trust data, in the words of whoever was to do it. */
export function inWords(
  error: unknown,
  at: { readonly place: Place; readonly by?: SignerKey; readonly trust: TrustConnection },
): unknown {
  const { place, trust } = at;
  const name = place.isOwn ? place.repository : place.gun;
  if (error instanceof SignerError && error.code === "signer/offline")
    return trust.fault() ?? error;
  if (error instanceof SignerError && error.code === "signer/key-missing") {
    const who = at.by?.account;
    if (who === undefined || error.role === parseRoleName("targets"))
      return new CliError(
        "cli/not-a-signer",
        `no key that may sign ${name} as ${error.role ?? "targets"} is held here`,
        `countersign signer list ${name} shows whose keys may`,
        { cause: error },
      );
    return new CliError(
      "cli/not-a-signer",
      `${who} may not sign ${name} yet`,
      `whoever holds its targets key runs: countersign signer add ${name} ${who}`,
      { cause: error },
    );
  }
  if (
    error instanceof SignerError &&
    error.code === "signer/change-refused" &&
    error.role !== undefined
  )
    return new CliError(
      "cli/file-lost",
      `the server has no file of ${error.role}, and one was seen here before: it would be signed away`,
      `ask the owner of ${name}. If the role was given anew on purpose, delete ${trust.keptIn(place.gun, error.role)} and try again`,
      { cause: error },
    );
  const isRefused = error instanceof TrustServerError && error.code === "trust-server/unauthorized";
  if (isRefused && at.by?.account !== undefined)
    return new CliError(
      "cli/not-allowed",
      `${at.by.account} has no right to publish to ${name}`,
      "an administrator gives it: countersign team add, to a team with the right to write",
      { cause: error },
    );
  return error;
}
