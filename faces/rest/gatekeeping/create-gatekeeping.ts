import type { PreviewPolicy, Status, Workloads } from "#contracts";
import type { PolicyMode, TeamRequirement } from "#domain/admission";
import type { TeamName } from "#domain/identity";
import type { Options } from "#domain/kernel";
import { formatGun, type RegistryHost } from "#domain/oci";
import type { Gatekeeper, Preview } from "#services/gatekeeper";
import type { Reader } from "#services/reader";
import type { RegistryService } from "#services/registry";
import type { Logger } from "pino";
import type { Gatekeeping } from "../ports.ts";
import { imagePage, listRepositories, tagsOf } from "./images.ts";
import { presentDecision, presentPolicy, presentWorkload } from "./present-decision.ts";
import { presentVerdict } from "./present-verdict.ts";

export type GatekeepingParts = {
  readonly gatekeeper: Gatekeeper;
  readonly registry: RegistryService;
  readonly reader: Pick<Reader, "forget">;
  readonly log: Logger;
  readonly registryHost: RegistryHost;
  /** What goes into `DOCKER_HOST`. */
  readonly gateway: string;
  readonly version: string;
  readonly engine: (o: Options) => Promise<Status["engine"]>;
  /** What an administrator has to look at. */
  readonly warnings?: (o: Options) => Promise<string[]>;
};

/** What the gatekeeper and the registry know, in the contract's shapes. */
export function createGatekeeping(parts: GatekeepingParts): Gatekeeping {
  const { gatekeeper } = parts;
  return {
    status: async (o) => ({
      version: parts.version,
      registryHost: parts.registryHost,
      gateway: parts.gateway,
      engine: await parts.engine(o),
      policy: presentPolicy(await gatekeeper.policy(o)),
      ...(parts.warnings === undefined ? {} : { warnings: await parts.warnings(o) }),
    }),
    policy: async (o) => presentPolicy(await gatekeeper.policy(o)),
    setPolicy: async (wanted, by, o) =>
      presentPolicy(
        await gatekeeper.setPolicy(
          {
            ...rulesOf(wanted),
            ...(wanted.whenLost === undefined ? {} : { whenLost: wanted.whenLost }),
            ifVersion: wanted.ifVersion,
          },
          by,
          o,
        ),
      ),
    async preview(wanted, o) {
      const { workloads, warnings } = await gatekeeper.preview(rulesOf(wanted), o);
      return {
        workloads: presentWorkloads(workloads),
        warnings: warnings.map((warning) => ({ ...warning })),
      };
    },
    workloads: async (o) => presentWorkloads(await gatekeeper.workloads(o)),
    why: async (image, o) => presentVerdict(await gatekeeper.why({ image }, o)),
    async decisions({ before, limit }, o) {
      const asked = { limit: limit + 1, ...(before === undefined ? {} : { before }) };
      const found = await gatekeeper.decisions(asked, o);
      const page = found.slice(0, limit).map(presentDecision);
      const next = found.length > limit ? page.at(-1)?.id : undefined;
      return { decisions: page, ...(next === undefined ? {} : { next }) };
    },
    async decision(id, o) {
      const found = await gatekeeper.decision(id, o);
      return found === undefined ? undefined : presentDecision(found);
    },
    async forgetTrust({ registry, repository }, by, o) {
      const gun = formatGun(registry ?? parts.registryHost, repository);
      await parts.reader.forget(gun, o);
      parts.log.warn(
        { event: "trust.forgotten", gun, by },
        "the next root is taken as a first one",
      );
    },
    subscribe: (listener, o) =>
      gatekeeper.subscribe((decision) => listener(presentDecision(decision)), o),
    repositories: (o) => listRepositories(parts, o),
    tags: (repository, o) => tagsOf(repository, parts, o),
    image: (repository, tag, o) => imagePage(repository, tag, parts, o),
  };
}

function presentWorkloads(judged: Preview["workloads"]): Workloads {
  return { engine: judged !== undefined, workloads: (judged ?? []).map(presentWorkload) };
}

type Rules = { readonly mode: PolicyMode; readonly required: readonly TeamRequirement[] };

function rulesOf(wanted: PreviewPolicy): Rules {
  const people = new Map<TeamName, number>(
    wanted.minimums?.map((minimum) => [minimum.team, minimum.people]),
  );
  return {
    mode: wanted.mode,
    required: wanted.requiredTeams.map((team) => ({ team, people: people.get(team) ?? 1 })),
  };
}
