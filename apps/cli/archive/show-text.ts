import type { Content, Freshness, Judgement, RoleReport, Tag } from "#services/archive";
import { columns, fields, moment, table } from "../text.ts";

/** One word or two on what an archived repository is worth. */
export function standing({ isSound, content }: Judgement): string {
  if (content === undefined) return "does not verify";
  if (!isSound) return "faulty";
  return content.now.kind === "fresh" ? "sound, fresh" : "sound, expired";
}

/** Many repositories, a line each. */
export function overview(judgements: readonly Judgement[]): string {
  return table(
    ["STATE", "ARCHIVED", "ROOTS", "TAGS", "REPOSITORY"],
    judgements.map((one) => [
      standing(one),
      moment(one.archivedAt).slice(0, 10),
      one.content === undefined ? "-" : versions(one.content.roots.versions),
      one.content === undefined ? "-" : String(one.content.tags.length),
      one.gun,
    ]),
  );
}

/** What the words of an overview mean, where it is not plain. */
export function remarks(judgements: readonly Judgement[]): string {
  const isOld = judgements.some(
    ({ content }) => content !== undefined && content.now.kind !== "fresh",
  );
  return isOld ? "expired: it can be read, and is not to be trusted for running images\n" : "";
}

/** What is wrong, a line each. */
export function faultLines({ gun, faults }: Judgement): string {
  return faults.map(({ role, detail }) => `  ${gun}: ${role}: ${detail}\n`).join("");
}

/** Everything about one repository. */
export function details(judgement: Judgement): string {
  const { gun, server, archivedAt, faults, content } = judgement;
  const head = fields([
    ["repository", gun],
    ["archived", `${moment(archivedAt)} from ${server}`],
    ["state", standing(judgement)],
    ["then", content && freshness(content.then)],
    ["now", content && freshness(content.now)],
    ["roots", content && rootLine(content)],
    ...faults.map(({ role, detail }) => ["fault", `${role}: ${detail}`] as const),
  ]);
  if (content === undefined) return head;
  return `${head}\n${roleTable(content.roles)}${signerLines(content.roles)}${tagLines(content.tags)}`;
}

function freshness(state: Freshness): string {
  switch (state.kind) {
    case "fresh":
      return `fresh until ${moment(state.until)}`;
    case "expired":
      return `not to be trusted: ${state.role} expired at ${moment(state.at)}`;
    case "not-yet":
      return `not to be trusted: ${state.role} is good from ${moment(state.at)} only`;
  }
}

function rootLine({ roots }: Content): string {
  const lost = roots.missing.length === 0 ? "" : `, missing ${versions(roots.missing)}`;
  return `${versions(roots.versions)}${lost}`;
}

/** `1-3,5` */
function versions(numbers: readonly number[]): string {
  const runs: [number, number][] = [];
  for (const number of numbers) {
    const last = runs.at(-1);
    if (last?.[1] === number - 1) last[1] = number;
    else runs.push([number, number]);
  }
  return runs.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(",");
}

const roleStates = {
  signed: "signed",
  empty: "nothing published",
  "not-signed": "not signed by its keys",
  "not-delegated": "not delegated any more",
} as const satisfies Record<RoleReport["state"], string>;

function roleTable(roles: readonly RoleReport[]): string {
  return table(
    ["VERSION", "EXPIRES", "STATE", "ROLE"],
    roles.map(({ role, version, expires, state }) => [
      version === 0 ? "-" : String(version),
      version === 0 ? "-" : moment(expires),
      roleStates[state],
      role,
    ]),
  );
}

function signerLines(roles: readonly RoleReport[]): string {
  const lines = roles.flatMap(({ role, signers }) =>
    signers.map(({ id, canonicalId }) => {
      const listed = id === canonicalId ? "" : `  in the metadata as\n  ${id}\n`;
      return `${role}\n  ${canonicalId}\n${listed}`;
    }),
  );
  return lines.length === 0 ? "" : `\nSigned by (ids as in: notary key list)\n${lines.join("")}`;
}

function tagLines(tags: readonly Tag[]): string {
  const lines = tags.map((tag) => {
    const former = tag.formerRoles.map((role) => `(${role})`);
    const roles = [...tag.roles, ...former].join(" ");
    const name = printable(tag.name);
    const head = `${name}  ${roles}`;
    const first = head.length > columns ? `${name}\n  ${roles}` : head;
    return `${first}\n  sha256:${tag.sha256}\n`;
  });
  const formers = tags.some(({ formerRoles }) => formerRoles.length > 0)
    ? "\n(role): not delegated any more, so its signature does not count\n"
    : "";
  return `\nTags: ${tags.length}\n${lines.join("")}${formers}`;
}

/** Target names are any text: nothing in one may steer a terminal. */
function printable(text: string): string {
  return text.replaceAll(
    /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u{${character.codePointAt(0)?.toString(16) ?? ""}}`,
  );
}

/** The same for programs. Times as ISO 8601. */
export function judgementJson(judgement: Judgement): unknown {
  const { gun, server, archivedAt, isSound, faults, content } = judgement;
  const head = { repository: gun, server, archivedAt: moment(archivedAt), isSound, faults };
  if (content === undefined) return head;
  const { roots, then, now, roles, tags } = content;
  return {
    ...head,
    isFresh: now.kind === "fresh",
    then: freshnessJson(then),
    now: freshnessJson(now),
    roots,
    roles: roles.map(({ version, expires, ...role }) =>
      version === 0 ? role : { ...role, version, expires: moment(expires) },
    ),
    tags: tags.map(({ sha256, ...tag }) => ({ ...tag, digest: `sha256:${sha256}` })),
  };
}

function freshnessJson(state: Freshness): unknown {
  return state.kind === "fresh"
    ? { ...state, until: moment(state.until) }
    : { ...state, at: moment(state.at) };
}
