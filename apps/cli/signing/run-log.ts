import { z } from "zod";
import { history, type LogEntry } from "#services/signer";
import { CliError } from "../errors.ts";
import { progressOn } from "../progress.ts";
import type { Session } from "../session.ts";
import { columns, moment } from "../text.ts";
import { openSigning } from "./open-signing.ts";
import { nameOf, ownersOf, person, type Owners } from "./trust-view.ts";
import { TrustOptions } from "./trust-options.ts";

const LogOptions = TrustOptions.extend({ limit: z.int().default(20) });
const defaultTagsShown = 8;

/** `countersign log`: what was published of a repository, newest first. */
export async function runLog(session: Session, repository: string, given: unknown): Promise<void> {
  const { limit, ...options } = LogOptions.parse(given);
  await using signing = await openSigning(session, options);
  const place = await signing.places.repository(repository);
  const { server } = signing.trust(place, "pull");
  const progress = progressOn(session.world, session.config);
  const entries: LogEntry[] = [];
  for await (const entry of history(server, place.gun, { limit }, signing)) {
    entries.push(entry);
    progress.say(`read ${entries.length} of at most ${limit} publications`);
  }
  progress.end();
  if (entries.length === 0)
    throw new CliError(
      "cli/trust-unreadable",
      `there is no trust data for ${place.gun}, and there never was`,
      "countersign sign IMAGE begins it",
    );
  const owners = await ownersOf(signing, place, entries.flatMap(fingerprints));
  session.show({
    json: entries.map((entry) => jsonOf(entry, owners)),
    ids: entries.map(({ version }) => String(version)),
    text: entries.map((entry) => textOf(entry, owners)).join(""),
  });
}

function fingerprints(entry: LogEntry): readonly string[] {
  if (entry.kind !== "published") return [];
  return [
    ...entry.roles.flatMap(({ signedBy }) => signedBy),
    ...entry.delegations.flatMap(({ addedKeys, removedKeys }) => [...addedKeys, ...removedKeys]),
  ];
}

function jsonOf(entry: LogEntry, owners: Owners): object {
  if (entry.kind !== "published") return entry;
  const people = (keys: readonly string[]): readonly object[] =>
    keys.map((key) => person(key, owners));
  return {
    ...entry,
    roles: entry.roles.map((role) => ({ ...role, signedBy: people(role.signedBy) })),
    delegations: entry.delegations.map(({ addedKeys, removedKeys, ...rest }) => ({
      ...rest,
      addedKeys: people(addedKeys),
      removedKeys: people(removedKeys),
    })),
  };
}

function textOf(entry: LogEntry, owners: Owners): string {
  const when = entry.at === undefined ? `timestamp ${entry.version}` : moment(entry.at);
  switch (entry.kind) {
    case "deleted":
      return `${when}  all trust data deleted\n`;
    case "lost":
      return `${when}  something was published\n${line(entry.detail)}`;
    case "published":
      return `${when}  ${publishedText(entry, owners)}`;
  }
}

type Published = Extract<LogEntry, { kind: "published" }>;

function publishedText(entry: Published, owners: Owners): string {
  const names = (keys: readonly string[]): string =>
    [...new Set(keys.map((key) => nameOf(person(key, owners))))].join(", ");
  const keys = entry.roles.flatMap(({ signedBy }) => signedBy);
  // People first: the repository's own keys belong to nobody that a server knows.
  const people = keys.filter((key) => owners.has(key));
  const who = names(people.length > 0 ? people : keys);
  const lines = [
    ...entry.roles.map(({ role, version, signedBy }) => {
      const by = signedBy.length === 0 ? "no signature that counts" : `by ${names(signedBy)}`;
      return `${role} ${version}, ${by}`;
    }),
    ...entry.delegations.map(({ role, change, addedKeys, removedKeys }) =>
      [
        {
          added: `new role ${role}`,
          removed: `role ${role} taken away`,
          changed: `${role} changed`,
        }[change],
        ...(addedKeys.length > 0 ? [`keys added: ${names(addedKeys)}`] : []),
        ...(removedKeys.length > 0 && change === "changed"
          ? [`keys removed: ${names(removedKeys)}`]
          : []),
      ].join("; "),
    ),
    ...tagLines(entry),
  ];
  return `published by ${who === "" ? "nobody known" : who}\n${lines.map(line).join("")}`;
}

/** One line for a tag, in whichever roles it changed alike; the rest is counted. */
function tagLines({ tags }: Published): readonly string[] {
  const grouped = new Map<string, string[]>();
  for (const { role, tag, change, sha256, before } of tags) {
    const [now, was] = [sha256, before].map((hex) => hex?.slice(0, 12) ?? "");
    const what = {
      added: `+ ${tag} ${now}`,
      moved: `~ ${tag} ${was} to ${now}`,
      removed: `- ${tag} ${was}`,
    };
    const roles = grouped.get(what[change]) ?? [];
    roles.push(role);
    grouped.set(what[change], roles);
  }
  const lines = [...grouped].map(([what, roles]) => `${what} in ${roles.join(", ")}`);
  const more = lines.length - defaultTagsShown;
  return more > 1
    ? [...lines.slice(0, defaultTagsShown), `and ${more} more: --format json`]
    : lines;
}

/** Indented, and broken at spaces. */
function line(text: string): string {
  const lines: string[] = [];
  let open = " ";
  for (const word of text.split(" "))
    if (open.trim() !== "" && open.length + 1 + word.length > columns) {
      lines.push(open);
      open = `    ${word}`;
    } else open += ` ${word}`;
  return `${[...lines, open].join("\n")}\n`;
}
