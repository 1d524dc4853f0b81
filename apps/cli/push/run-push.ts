import { z } from "zod";
import { formatReference, parseTag, type RepositoryName } from "#domain/oci";
import { publishImage, type PublishedImage } from "#services/publisher";
import { CliError } from "../errors.ts";
import { progressOn } from "../progress.ts";
import { reportOf } from "../report-error.ts";
import type { ExitCode, Result, Session } from "../session.ts";
import { openSigning, type Signing } from "../signing/open-signing.ts";
import type { ImagePlace } from "../signing/places.ts";
import { resultOf as signedResultOf } from "../signing/run-sign.ts";
import { readRole, signImages, type SignedImage } from "../signing/sign-images.ts";
import { findSignerKey } from "../signing/signer-key.ts";
import { TrustOptions } from "../signing/trust-options.ts";
import { fields } from "../text.ts";
import { imageOrigin } from "./image-origin.ts";
import { interruption } from "./interruption.ts";
import { openOrigin } from "./open-origin.ts";
import { pushProgress } from "./push-progress.ts";
import { inPushWords } from "./words.ts";

const PushOptions = TrustOptions.extend({
  from: z.string().optional(),
  mountFrom: z.array(z.string()).default([]),
  role: z.array(z.string()).optional(),
  sign: z.boolean().default(true),
  requireAdmitted: z.boolean().default(false),
});
type PushOptions = z.infer<typeof PushOptions>;

const maxMounts = 3;

/** `countersign push`: brings an image into the registry, and signs the digest that it has brought there. */
export async function runPush(session: Session, name: string, given: unknown): Promise<ExitCode> {
  const options = PushOptions.parse(given);
  const roles = options.role?.map(readRole);
  if (!options.sign && (roles !== undefined || options.requireAdmitted))
    throw new CliError("cli/usage", "--no-sign leaves nothing for the options about signing");
  await using signing = await openSigning(session, options);
  const place = await signing.places.image(name);
  const { tag, digest: written } = place.reference;
  if (tag === undefined || written !== undefined)
    throw new CliError("cli/usage", `${name} is no tag to push to`, "write it as acme/web:1");
  // Whoever cannot sign is to know it before the image is on its way.
  if (options.sign) await findSignerKey(signing, session, place);
  const pushed = await push({ session, signing, place, name, options });
  const image = `${place.gun}:${tag}`;
  if (!options.sign) {
    session.show(resultOf(image, pushed, undefined));
    return 0;
  }
  const { digest, length } = pushed;
  try {
    const images = [{ tag, digest, length }];
    const how = roles === undefined ? {} : { roles };
    const [signed] = await signImages(signing, session, { place, images }, how);
    session.show(resultOf(image, pushed, signed));
    return options.requireAdmitted && signed?.verdict?.kind !== "admit" ? 3 : 0;
  } catch (error) {
    const { message = "", hint } = reportOf(error);
    const again = `countersign sign ${place.gun}@${digest} --tag ${tag}`;
    throw new CliError(
      "cli/pushed-unsigned",
      `${image} is pushed, but not signed: ${message}`,
      hint === undefined ? again : `${hint}; then: ${again}`,
      { cause: error },
    );
  }
}

type Pushing = {
  readonly session: Session;
  readonly signing: Signing;
  readonly place: ImagePlace;
  readonly name: string;
  readonly options: PushOptions;
};

async function push({ session, signing, place, name, options }: Pushing): Promise<PublishedImage> {
  const { world, config } = session;
  const { repository, reference } = place;
  const full = formatReference(reference);
  const origin = imageOrigin(options.from, {
    names: [...new Set([full, name])],
    workingDirectory: world.workingDirectory,
  });
  const mounts: RepositoryName[] = [];
  for (const from of options.mountFrom) {
    const other = await signing.places.repository(from);
    if (other.host !== place.host)
      throw new CliError("cli/usage", `${from} is not in the registry ${place.host}`);
    mounts.push(other.repository);
  }
  using end = interruption();
  const { signal } = end;
  const progress = progressOn(world, config);
  const show = pushProgress(progress, world.clock);
  try {
    await using open = await openOrigin(origin, { signal, world, onRead: show.read });
    const others = [...mounts, ...open.repositoriesAt(place.host)];
    const mountFrom = [...new Set(others)].filter((one) => one !== repository).slice(0, maxMounts);
    const registry = signing.registry(place, "pull,push");
    const target = { repository, tag: parseTag(reference.tag ?? ""), mountFrom };
    const parts = { source: open.source, registry };
    return await publishImage(parts, { ...target, onProgress: show.pushed }, { signal });
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    const account = place.isOwn ? await signing.account.name().catch(() => undefined) : undefined;
    throw inPushWords(error, place, account);
  } finally {
    progress.end();
  }
}

function resultOf(image: string, pushed: PublishedImage, signed: SignedImage | undefined): Result {
  const { digest, length, mediaType, platforms, blobs, sentBytes } = pushed;
  const after = signed === undefined ? undefined : signedResultOf([signed], true);
  const sent = [
    `${blobs.pushed} parts (${megabytes(sentBytes)})`,
    blobs.mounted > 0 ? `${blobs.mounted} taken over` : "",
    blobs.present > 0 ? `${blobs.present} there before` : "",
  ];
  return {
    json: {
      ...{ image, digest, length, mediaType, platforms, blobs, sentBytes },
      signed: after?.json ?? null,
    },
    ids: [`${image.replace(/:[^:/]*$/, "")}@${digest}`],
    text: `${fields([
      ["pushed", image],
      ["sent", sent.filter((one) => one !== "").join(", ")],
      ["digest", after === undefined ? digest : undefined],
    ])}${after?.text ?? ""}`,
  };
}

function megabytes(bytes: number): string {
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}
