import { z } from "zod";
import { mapBounded } from "#domain/kernel";
import { isTag } from "#domain/oci";
import { CliError } from "../errors.ts";
import { progressOn } from "../progress.ts";
import { reportOf } from "../report-error.ts";
import type { ExitCode, Result, Session } from "../session.ts";
import { fields, listed } from "../text.ts";
import { openSigning, type Signing } from "./open-signing.ts";
import type { ImagePlace, Place } from "./places.ts";
import { readRole, signImages, type ImageToSign, type SignedImage } from "./sign-images.ts";
import { TrustOptions } from "./trust-options.ts";

const SignOptions = TrustOptions.extend({
  tag: z.string().optional(),
  role: z.array(z.string()).optional(),
  requireAdmitted: z.boolean().default(false),
});

type Found = { readonly place: ImagePlace; readonly image: ImageToSign };
const parallel = 8;

/** `countersign sign`: each image as far as it goes; what fails is reported, and counted. */
export async function runSign(
  session: Session,
  names: readonly string[],
  given: unknown,
): Promise<{ readonly failures: number; readonly exitCode: ExitCode }> {
  const { tag, role, requireAdmitted, ...options } = SignOptions.parse(given);
  if (tag !== undefined && (names.length > 1 || !isTag(tag)))
    throw new CliError("cli/usage", "--tag is for one image that is given by digest");
  const roles = role?.map(readRole);
  await using signing = await openSigning(session, options);
  const progress = progressOn(session.world, session.config);
  let failures = 0;
  const attempt = async <Value>(
    about: readonly string[],
    act: () => Promise<Value>,
  ): Promise<Value | undefined> => {
    try {
      return await act();
    } catch (error) {
      progress.end();
      if (names.length === 1) throw error;
      failures += about.length;
      const { message, hint } = reportOf(error);
      for (const name of about) session.world.err(`error: ${name}: ${message ?? ""}\n`);
      if (hint !== undefined) session.world.err(`hint:  ${hint}\n`);
      return undefined;
    }
  };
  let done = 0;
  const found = await mapBounded(parallel, [...new Set(names)], async (name) => {
    const one = await attempt([name], () => resolve(signing, name, tag));
    progress.say(`asked the registry for ${(done += 1)} of ${names.length} images`);
    return one;
  });
  const signed: SignedImage[] = [];
  for (const { place, images } of byRepository(found.filter((one) => one !== undefined))) {
    progress.say(
      `signing ${images.length === 1 ? "one image" : `${images.length} images`} of ${place.gun}`,
    );
    const about = images.map((image) => `${place.gun}:${image.tag}`);
    const how = roles === undefined ? {} : { roles };
    signed.push(
      ...((await attempt(about, () => signImages(signing, session, { place, images }, how))) ?? []),
    );
  }
  progress.end();
  if (signed.length > 0) session.show(resultOf(signed, names.length === 1));
  const isRefused = signed.some(({ verdict }) => verdict?.kind !== "admit");
  return { failures, exitCode: failures > 0 ? 1 : requireAdmitted && isRefused ? 3 : 0 };
}

async function resolve(signing: Signing, name: string, tag: string | undefined): Promise<Found> {
  const place = await signing.places.image(name);
  const { reference } = place;
  const meant = tag ?? reference.tag;
  if (meant === undefined)
    throw new CliError("cli/usage", `${name} names no tag to sign`, "add --tag TAG");
  if (tag !== undefined && reference.digest === undefined)
    throw new CliError("cli/usage", `${name} has a tag already`, "leave --tag out");
  const found = await signing.registry(place, "pull").resolve(reference, signing);
  if (found === undefined)
    throw new CliError(
      "cli/image-unknown",
      `${name} is not in the registry`,
      `push it first: countersign push ${name}`,
    );
  return { place, image: { tag: meant, digest: found.digest, length: found.length } };
}

function byRepository(
  found: readonly Found[],
): readonly { readonly place: Place; readonly images: readonly ImageToSign[] }[] {
  const groups = new Map<string, { place: Place; images: ImageToSign[] }>();
  for (const { place, image } of found) {
    const group = groups.get(place.gun) ?? { place, images: [] };
    group.images.push(image);
    groups.set(place.gun, group);
  }
  return [...groups.values()];
}

/** What was signed, as every command that signs shows it. */
export function resultOf(signed: readonly SignedImage[], isOne: boolean): Result {
  const all = signed.map(jsonOf);
  return {
    json: isOne ? all[0] : all,
    ids: signed.map(({ image, digest }) => `${image.replace(/:[^:/]*$/, "")}@${digest}`),
    text: signed.map(textOf).join("\n"),
  };
}

function jsonOf({ by, ...signed }: SignedImage): object {
  return { ...signed, account: by.account, key: by.key };
}

function textOf(signed: SignedImage): string {
  const { image, digest, roles, already, by, verdict, isChanged, isNew } = signed;
  const now = isChanged ? roles.filter((role) => !already.includes(role)) : roles;
  const reasons = verdict?.reasons ?? [];
  const next = reasons.map(({ couldSign = [], next: other }) =>
    couldSign.length > 0 ? `${couldSign.join(" or ")} runs: countersign sign ${image}` : other,
  );
  return fields([
    [isChanged ? "signed" : "signed before", image],
    ["digest", digest],
    ["as", listed(now)],
    ["already in", isChanged ? listed(already) : undefined],
    ["by", by.account],
    ["begun", isNew ? "the trust data of this repository: keep its root key safe" : undefined],
    [
      "policy",
      verdict === undefined ? undefined : verdict.kind === "admit" ? "admitted" : "refused",
    ],
    ...reasons.map(({ text }) => ["missing", text] as const),
    ...[...new Set(next)].map((hint) => ["hint", hint] as const),
  ]);
}
