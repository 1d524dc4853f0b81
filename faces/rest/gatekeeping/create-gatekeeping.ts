import type {
  Decision,
  Decisions,
  ImagePage,
  Policy,
  PolicyPreview,
  PreviewPolicy,
  Repository,
  SetPolicy,
  Status,
  Tags,
  Verdict,
  Workloads,
} from "#contracts";
import type { PolicyMode, TeamRequirement } from "#domain/admission";
import type { AccountName, TeamName } from "#domain/identity";
import type { Options } from "#domain/kernel";
import type { RegistryHost, RepositoryName, Tag } from "#domain/oci";
import type { Gatekeeper, Preview } from "#services/gatekeeper";
import type { RegistryService } from "#services/registry";
import { imagePage, listRepositories, tagsOf } from "./images.ts";
import { presentDecision, presentPolicy, presentWorkload } from "./present-decision.ts";
import { presentVerdict } from "./present-verdict.ts";

/** What the gatekeeper and the registry know, in the contract's shapes. Who may ask was settled before. */
export interface Gatekeeping {
  status(o: Options): Promise<Status>;
  policy(o: Options): Promise<Policy>;
  /** Throws `gatekeeper/policy-changed` or `gatekeeper/unknown-team`. */
  setPolicy(wanted: SetPolicy, by: AccountName, o: Options): Promise<Policy>;
  preview(wanted: PreviewPolicy, o: Options): Promise<PolicyPreview>;
  workloads(o: Options): Promise<Workloads>;
  why(image: string, o: Options): Promise<Verdict>;
  decisions(
    query: { readonly before?: string; readonly limit: number },
    o: Options,
  ): Promise<Decisions>;
  decision(id: string, o: Options): Promise<Decision | undefined>;
  /** Calls `listener` with each decision from now on; call the answer to stop. */
  subscribe(listener: (decision: Decision) => void): () => void;
  repositories(o: Options): Promise<Repository[]>;
  /** Undefined where there is no such repository. */
  tags(repository: RepositoryName, o: Options): Promise<Tags | undefined>;
  image(repository: RepositoryName, tag: Tag, o: Options): Promise<ImagePage | undefined>;
}

export type GatekeepingParts = {
  readonly gatekeeper: Gatekeeper;
  readonly registry: RegistryService;
  readonly registryHost: RegistryHost;
  /** What goes into `DOCKER_HOST`. */
  readonly gateway: string;
  readonly version: string;
  readonly engine: (o: Options) => Promise<Status["engine"]>;
};

export function createGatekeeping(parts: GatekeepingParts): Gatekeeping {
  const { gatekeeper } = parts;
  return {
    status: async (o) => ({
      version: parts.version,
      registryHost: parts.registryHost,
      gateway: parts.gateway,
      engine: await parts.engine(o),
      policy: presentPolicy(await gatekeeper.policy(o)),
    }),
    policy: async (o) => presentPolicy(await gatekeeper.policy(o)),
    setPolicy: async (wanted, by, o) =>
      presentPolicy(
        await gatekeeper.setPolicy({ ...rulesOf(wanted), ifVersion: wanted.ifVersion }, by, o),
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
    subscribe: (listener) =>
      gatekeeper.subscribe((decision) => listener(presentDecision(decision))),
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
