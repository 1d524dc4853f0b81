import { ApiError, shortDigest, type ImagePage, type Tags } from "#contracts";
import { targetsRole } from "#domain/tuf";
import { CliError } from "../errors.ts";
import type { Session } from "../session.ts";
import { fields, listed, table } from "../text.ts";
import { openSigning, type Signing } from "./open-signing.ts";
import type { ImagePlace, Place } from "./places.ts";
import { textOf as verifyText, verifyImage } from "./run-verify.ts";
import {
  fingerprintsOf,
  nameOf,
  ownersOf,
  person,
  readTrust,
  released,
  rolesOf,
  wrongWith,
} from "./trust-view.ts";
import { TrustOptions } from "./trust-options.ts";

/** `countersign inspect`: who has signed what, in people and teams. */
export async function runInspect(session: Session, name: string, given: unknown): Promise<void> {
  await using signing = await openSigning(session, TrustOptions.parse(given));
  const note = (place: Place): void => {
    if (!place.isOwn && !session.config.quiet)
      session.world.err(`note: nobody here knows the people of ${place.host}: keys are shown\n`);
  };
  const isImage = name.includes("@") || name.lastIndexOf(":") > name.lastIndexOf("/");
  if (isImage) {
    const place = await signing.places.image(name);
    note(place);
    return await inspectImage(signing, session, place);
  }
  const place = await signing.places.repository(name);
  note(place);
  await inspectRepository(signing, session, place);
}

async function inspectImage(signing: Signing, session: Session, place: ImagePlace): Promise<void> {
  const { tag } = place.reference;
  const page =
    tag === undefined || !place.isOwn
      ? undefined
      : await fromServer(session, async () =>
          (await signing.account.client())("image", {
            query: { repository: place.repository, tag },
          }),
        );
  if (page !== undefined)
    return session.show({ json: page, ids: [page.reference], text: imageText(page) });
  const trust = await verifyImage(signing, place);
  session.show({ json: trust, ids: [trust.image], text: verifyText(trust, session.config.colour) });
}

/** What our own server knows; a note where it does not. */
async function fromServer<Value>(
  { world, config }: Session,
  ask: () => Promise<Value>,
): Promise<Value | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (!(
      error instanceof ApiError ||
      (error instanceof CliError && error.code === "cli/not-signed-in")
    ))
      throw error;
    const status = error instanceof ApiError ? error.status : 401;
    const why =
      status === 0
        ? "does not answer"
        : status === 401
          ? "does not know who asks"
          : "does not know it";
    if (!config.quiet)
      world.err(
        `note: ${config.server} ${why}: shown without teams, and keys in place of people\n`,
      );
    return undefined;
  }
}

function imageText({ reference, summary, trust }: ImagePage): string {
  const { verdict, digest, movedSinceSigning } = summary;
  const missing = new Set(verdict.reasons.map(({ team }) => team));
  return fields([
    ["image", reference],
    ["digest", verdict.digest ?? digest],
    ["registry", movedSinceSigning ? `moved since signing: the tag is ${digest} now` : undefined],
    ["policy", verdict.kind === "admit" ? "admitted" : "refused"],
    ...trust.roles
      .filter((role) => role.digest !== undefined)
      .map(({ name, state, signedBy, digest: listedDigest }) => {
        const who = listed(signedBy.map(nameOfSigner)) || "nobody";
        const other = listedDigest === verdict.digest ? "" : " (another digest)";
        return [
          "role",
          `${name}, by ${who}${state === "valid" ? "" : ` (${state})`}${other}`,
        ] as const;
      }),
    ...verdict.teams.map(({ team, signedBy, couldSign }) => {
      const who = signedBy.length > 0 ? `signed by ${listed(signedBy)}` : "nobody has signed";
      const others = couldSign.filter((name) => !signedBy.includes(name));
      const could = others.length > 0 ? `could sign: ${listed(others)}` : "nobody could sign";
      return [
        "team",
        missing.has(team) ? `${team}: missing; ${who}; ${could}` : `${team}: ${who}`,
      ] as const;
    }),
    ...verdict.reasons.map(({ text }) => ["reason", text] as const),
    ...[...new Set(verdict.reasons.map(({ next }) => next))].map((next) => ["hint", next] as const),
  ]);
}

const nameOfSigner = ({
  fingerprint,
  account,
}: {
  readonly fingerprint: string;
  readonly account?: string | undefined;
}): string => nameOf(account === undefined ? { fingerprint } : { fingerprint, account });

async function inspectRepository(signing: Signing, session: Session, place: Place): Promise<void> {
  const known = place.isOwn
    ? await fromServer(session, async () =>
        (await signing.account.client())("tags", { query: { repository: place.repository } }),
      )
    : undefined;
  const { reading, open } = await readTrust(signing, place);
  if (reading.kind !== "verified" || open === undefined)
    throw new CliError(
      "cli/trust-unreadable",
      `${place.gun}: ${reading.kind === "verified" ? "it cannot be read" : wrongWith(reading)}`,
    );
  const delegated = [...open.targets.values()].flatMap(({ signed }) => signed.delegations);
  const all = [{ name: targetsRole, ...open.root.signed.targets }, ...delegated];
  const owners = await ownersOf(signing, place, [
    ...all.flatMap(fingerprintsOf),
    ...fingerprintsOf(open.root.signed.root),
  ]);
  const names = new Set([
    ...reading.roles.flatMap(({ targets }) => [...targets.keys()]),
    ...(known?.tags.map(({ tag }) => tag) ?? []),
  ]);
  const tags = [...names].sort().map((tag) => {
    const roles = rolesOf(reading, tag, owners);
    const signed = released(roles);
    const who = [...new Set(roles.flatMap(({ signedBy }) => signedBy.map(nameOf)))];
    return { tag, digest: signed?.digest, signedBy: who, policy: policyOf(known, tag), roles };
  });
  const roles = all.map((role) => ({
    role: role.name,
    threshold: role.threshold,
    keys: fingerprintsOf(role).map((key) => person(key, owners)),
  }));
  session.show({
    json: {
      repository: place.gun,
      rootVersion: reading.rootVersion,
      freshUntil: reading.freshUntil,
      roles,
      tags,
    },
    ids: tags.map(({ tag }) => `${place.gun}:${tag}`),
    text: [
      fields([
        ["repository", place.gun],
        ...roles.map(
          ({ role, keys, threshold }) =>
            [
              role === targetsRole ? "owner" : role.replace("targets/", ""),
              `${listed([...new Set(keys.map(nameOf))]) || "nobody"}${threshold > 1 ? ` (${threshold} must sign)` : ""}`,
            ] as const,
        ),
      ]),
      tags.length === 0 ? "\nnothing is signed\n" : "\n",
      tags.length === 0
        ? ""
        : table(
            ["TAG", "DIGEST", "POLICY", "SIGNED BY"],
            tags.map(({ tag, digest, policy, signedBy }) => [
              tag,
              digest === undefined ? "-" : shortDigest(digest),
              policy ?? "-",
              listed(signedBy) || "nobody",
            ]),
          ),
    ].join(""),
  });
}

function policyOf(known: Tags | undefined, name: string): "admitted" | "refused" | undefined {
  const found = known?.tags.find(({ tag }) => tag === name);
  return found === undefined ? undefined : found.verdict.kind === "admit" ? "admitted" : "refused";
}
