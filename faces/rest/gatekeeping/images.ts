import type { ImagePage, Repository, Tags, TagSummary } from "#contracts";
import { isCountingRole, isReleasingRole } from "#domain/admission";
import {
  formatGun,
  formatReference,
  isTag,
  parseTag,
  type RegistryHost,
  type RepositoryName,
  type Tag,
} from "#domain/oci";
import type { Options } from "#domain/kernel";
import type { Finding, Gatekeeper } from "#services/gatekeeper";
import type { RegistryService, TagMove, TagRecord } from "#services/registry";
import { presentDecision } from "./present-decision.ts";
import { presentTrust } from "./present-trust.ts";
import { presentVerdict } from "./present-verdict.ts";

export type ImageParts = {
  readonly gatekeeper: Gatekeeper;
  readonly registry: RegistryService;
  readonly registryHost: RegistryHost;
};

const historyLength = 50;
const decisionsShown = 10;

/** Every repository of our registry, sorted by name. */
export async function listRepositories(parts: ImageParts, o: Options): Promise<Repository[]> {
  const found: Repository[] = [];
  for (const { name } of await parts.registry.repositories(o)) {
    const repository = await repositoryOf(name, parts, o);
    if (repository !== undefined) found.push(repository);
  }
  return found;
}

/** A repository with its tags, those that are signed but not in the registry included; undefined where there is none. */
export async function tagsOf(
  name: RepositoryName,
  parts: ImageParts,
  o: Options,
): Promise<Tags | undefined> {
  const repository = await repositoryOf(name, parts, o);
  if (repository === undefined) return undefined;
  const pushed = new Map(
    (await parts.registry.tags(name, o)).map((record) => [record.tag as string, record]),
  );
  const signed = signedTags(
    await parts.gatekeeper.why({ image: formatGun(parts.registryHost, name) }, o),
  );
  const tags: TagSummary[] = [];
  for (const tag of [...new Set([...pushed.keys(), ...signed])].sort())
    tags.push((await summarize(name, parseTag(tag), pushed.get(tag), parts, o)).summary);
  return { repository, tags };
}

/** Everything about one tag; undefined where it is neither pushed nor signed. */
export async function imagePage(
  name: RepositoryName,
  tag: Tag,
  parts: ImageParts,
  o: Options,
): Promise<ImagePage | undefined> {
  const repository = await repositoryOf(name, parts, o);
  if (repository === undefined) return undefined;
  const record = (await parts.registry.tags(name, o)).find((each) => each.tag === tag);
  const { summary, finding } = await summarize(name, tag, record, parts, o);
  if (record === undefined && !signedTags(finding).has(tag)) return undefined;
  const gun = formatGun(parts.registryHost, name);
  const decisions = await parts.gatekeeper.decisions({ limit: 100, repository: gun }, o);
  return {
    repository,
    summary,
    reference: referenceOf(name, tag, parts),
    trust: presentTrust(finding.case, tag),
    history: (await parts.registry.tagMoves(name, tag, historyLength, o)).map(presentMove),
    decisions: decisions
      .filter((decision) =>
        decision.case.candidates?.some(({ reference }) => reference.tag === tag),
      )
      .slice(0, decisionsShown)
      .map(presentDecision),
  };
}

async function repositoryOf(
  name: RepositoryName,
  parts: ImageParts,
  o: Options,
): Promise<Repository | undefined> {
  const found = await parts.registry.repository(name, o);
  if (found === undefined) return undefined;
  const tags = await parts.registry.tags(name, o);
  const pushes = tags.map((tag) => tag.pushedAt);
  const finding = await parts.gatekeeper.why({ image: formatGun(parts.registryHost, name) }, o);
  return {
    name,
    visibility: found.visibility,
    tags: tags.length,
    ...(pushes.length === 0 ? {} : { pushedAt: pushes.reduce((a, b) => Math.max(a, b)) }),
    hasTrustData: finding.case.candidates?.[0]?.evidence.kind !== "absent",
  };
}

async function summarize(
  name: RepositoryName,
  tag: Tag,
  record: TagRecord | undefined,
  parts: ImageParts,
  o: Options,
): Promise<{ readonly summary: TagSummary; readonly finding: Finding }> {
  const finding = await parts.gatekeeper.why({ image: referenceOf(name, tag, parts) }, o);
  const verdict = presentVerdict(finding);
  const summary: TagSummary = {
    tag,
    ...(record === undefined
      ? {}
      : { digest: record.digest, size: record.size, pushedAt: record.pushedAt }),
    ...(record?.pushedBy === undefined ? {} : { pushedBy: record.pushedBy }),
    movedSinceSigning:
      record !== undefined && verdict.digest !== undefined && verdict.digest !== record.digest,
    verdict,
  };
  return { summary, finding };
}

function referenceOf(
  repository: RepositoryName,
  tag: Tag,
  { registryHost: host }: ImageParts,
): string {
  return formatReference({ host, repository, tag });
}

/** Tags that any role of the trust data lists and that can be the name of an image. */
function signedTags(finding: Finding): ReadonlySet<string> {
  const evidence = finding.case.candidates?.[0]?.evidence;
  if (evidence?.kind !== "verified") return new Set();
  const roles = evidence.roles.filter(({ name }) => isReleasingRole(name) || isCountingRole(name));
  return new Set(roles.flatMap((role) => [...role.targets.keys()]).filter(isTag));
}

function presentMove(move: TagMove): ImagePage["history"][number] {
  return {
    at: move.at,
    what: move.digest === undefined ? "deleted" : "pushed",
    ...(move.by === undefined ? {} : { by: move.by }),
    ...(move.digest === undefined ? {} : { digest: move.digest }),
  };
}
