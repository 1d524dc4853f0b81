import { z } from "zod";
import { revoke, type Revoked } from "#services/signer";
import { CliError } from "../errors.ts";
import type { Session } from "../session.ts";
import { fields, listed } from "../text.ts";
import { keyPeople, type KeyPeople } from "./key-people.ts";
import { openSigning } from "./open-signing.ts";
import { inWords } from "./sign-images.ts";
import { readTrust, wrongWith } from "./trust-view.ts";
import { TrustOptions } from "./trust-options.ts";

const RevokeOptions = TrustOptions.extend({ all: z.boolean().default(false) });

/** `countersign revoke`: takes a tag, or all of them, out of every role that the caller can sign. */
export async function runRevoke(session: Session, name: string, given: unknown): Promise<void> {
  const { all, ...options } = RevokeOptions.parse(given);
  await using signing = await openSigning(session, options);
  const hasTag = /:[^/:@]+$/.test(name.replace(/@.*$/, "")) && !name.includes("@");
  if (all === hasTag)
    throw new CliError(
      "cli/usage",
      all ? "--all is for a whole repository" : `${name} has no tag`,
      "countersign revoke acme/web:1, or countersign revoke acme/web --all",
    );
  const image = all ? undefined : await signing.places.image(name);
  const place = image ?? (await signing.places.repository(name));
  const tag = image?.reference.tag;
  const { reading, open } = await readTrust(signing, place);
  if (reading.kind !== "verified" && open === undefined)
    throw new CliError("cli/trust-unreadable", `${name}: ${wrongWith(reading)}`);
  const tags = tag === undefined ? undefined : [tag];
  await session.confirm(
    tag === undefined
      ? `Revoke every signature of ${place.gun} that is yours to revoke?`
      : `Revoke what is signed as ${place.gun}:${tag}?`,
  );
  const trust = signing.trust(place, "push,pull");
  let revoked: Revoked;
  try {
    await using _lock = await signing.directory.lock(place.gun, signing);
    revoked = await revoke(trust.parts, place.gun, tags, signing);
  } catch (error) {
    throw inWords(error, { place, trust });
  }
  if (revoked.roles.length === 0 && revoked.remaining.length === 0)
    throw new CliError("cli/image-unknown", `nobody has signed ${name}`);
  const people = await keyPeople(signing, place, open);
  const remaining = revoked.remaining.map(({ role, keyIds }) => ({
    role,
    people: keyIds.map((id) => people(id)),
  }));
  session.show({
    json: { repository: place.gun, ...revoked, remaining },
    ids: revoked.tags.map((one) => `${place.gun}:${one}`),
    text: textOf({ ...revoked, remaining }, place.gun),
  });
  if (revoked.roles.length === 0)
    throw new CliError(
      "cli/not-a-signer",
      "nothing was revoked: no role that lists it can be signed here",
      "one of those named above can revoke it",
    );
}

function textOf(
  revoked: Omit<Revoked, "remaining"> & {
    readonly remaining: readonly {
      readonly role: string;
      readonly people: readonly ReturnType<KeyPeople>[];
    }[];
  },
  gun: string,
): string {
  const { roles, tags, remaining } = revoked;
  const what = tags.length === 1 ? `${gun}:${tags[0] ?? ""}` : `${tags.length} tags of ${gun}`;
  return fields([
    ["revoked", roles.length === 0 ? undefined : what],
    ["from", listed(roles)],
    ...remaining.map(
      ({ role, people }) =>
        [
          "still in",
          `${role}: ${listed(people.map(({ name }) => name))} could revoke it there`,
        ] as const,
    ),
  ]);
}
