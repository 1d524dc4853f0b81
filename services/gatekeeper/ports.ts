import type { Policy, PolicyMode, TeamRequirement } from "#domain/admission";
import type { AccountName, KeyFingerprint, TeamName } from "#domain/identity";
import type { Instant, Options } from "#domain/kernel";
import type { Digest, Gun, RegistryHost, RepositoryName } from "#domain/oci";
import type { TrustReading } from "#domain/tuf";
import type { DecisionRecord, StoredDecision } from "./decision.ts";

/** Verified trust data of a repository, as it is now. A fault is `unavailable`, never `absent`. */
export interface TrustSource {
  read(gun: Gun, o: Options): Promise<TrustReading>;
}

/** The registries whose images may run: our own and those that an admin registered. */
export interface TrustedRegistries {
  /** As they are now, our own first. A host is trusted exactly as it is written, port included. */
  hosts(o: Options): Promise<readonly RegistryHost[]>;
}

/** The accounts as they are now. */
export interface Directory {
  roster(o: Options): Promise<Roster>;
}

export type Roster = {
  /** Differs whenever anything below differs. */
  readonly version: number;
  readonly users: readonly { readonly name: AccountName; readonly isActive: boolean }[];
  readonly teams: readonly { readonly name: TeamName; readonly members: readonly AccountName[] }[];
  readonly keys: readonly {
    readonly fingerprint: KeyFingerprint;
    readonly account: AccountName;
    readonly revoked: boolean;
  }[];
};

/** What our own registry knows about an image. */
export interface ImageCatalogue {
  /** The image IDs an engine may show for a manifest or index; undefined where it is not in the registry. */
  imageIds(
    repository: RepositoryName,
    digest: Digest,
    o: Options,
  ): Promise<readonly string[] | undefined>;
}

/**
 * What happens when a running image loses its approval, beside that it is shown: nothing more, somebody is told, or
 * it is stopped. `would-stop` tells what would be stopped, and stops nothing.
 */
export type WhenLost = {
  readonly action: "report" | "notify" | "would-stop" | "stop";
  /** Who is told: an http or https address. */
  readonly webhook?: string;
};

export type StoredPolicy = Policy & {
  readonly whenLost: WhenLost;
  readonly changedAt: Instant;
  readonly changedBy: AccountName | undefined;
};

export interface PolicyStore {
  /** The newest policy; a new installation has version 0, mode `off`, no team. */
  current(o: Options): Promise<StoredPolicy>;
  /** Stores `policy` if the newest is still `policy.version - 1`. Throws `gatekeeper/policy-changed`. */
  put(policy: StoredPolicy, o: Options): Promise<void>;
}

export interface DecisionStore {
  /** Keeps a decision for good and gives its id; ids are numbers that grow, in the order of keeping. */
  append(record: DecisionRecord, o: Options): Promise<StoredDecision>;
  /** The newest decisions first, those before the id `before`. */
  list(
    query: { readonly before?: string; readonly limit: number; readonly repository?: Gun },
    o: Options,
  ): Promise<readonly StoredDecision[]>;
  get(id: string, o: Options): Promise<StoredDecision | undefined>;
  /** The id of the newest decision, or 0. */
  newest(o: Options): Promise<number>;
  /** The oldest decisions first, those after the id `after`. */
  after(after: number, limit: number, o: Options): Promise<readonly StoredDecision[]>;
}

export type RunningWorkload = {
  readonly kind: "container" | "service";
  readonly id: string;
  readonly name: string;
  /** The image as the engine stores it: a reference or an image ID. */
  readonly image: string;
  /** Where `image` does not pin a digest: the repository digests the engine has for what really runs. */
  readonly localDigests?: readonly string[];
  readonly state: string;
};

export interface Engine {
  /** What runs now; undefined where no engine is connected or it does not answer. */
  running(o: Options): Promise<readonly RunningWorkload[] | undefined>;
}

/** How something that runs stood when it was looked at last. */
export type WorkloadState = {
  readonly kind: RunningWorkload["kind"];
  readonly id: string;
  readonly name: string;
  readonly image: string;
  readonly approved: boolean;
  /** Since when it stands so. */
  readonly since: Instant;
  /** Whether it was approved at any time that we know of: only such a one can lose its approval. */
  readonly wasApproved: boolean;
  /** What was told about stopping it since it lost its approval: once is enough. */
  readonly told?: "would-stop" | "not-stopped";
};

/** What happened to something that runs, for whoever wants to be told. */
export type WorkloadNotice = Omit<WorkloadState, "approved" | "wasApproved" | "told"> & {
  readonly event: "lost" | "regained" | "would-stop" | "stopped" | "not-stopped";
  readonly at: Instant;
  readonly policyVersion: number;
  /** Why it may not run, or why it was not stopped. */
  readonly detail: string;
};

export type StoredNotice = {
  readonly id: string;
  readonly notice: WorkloadNotice;
  readonly webhook: string;
  readonly attempts: number;
};

/** What runs, as it was seen last, and what is still to be told about it. */
export interface WorkloadStore {
  states(o: Options): Promise<readonly WorkloadState[]>;
  /** Puts `states` in the place of all there are, and keeps notices: all or none. */
  replace(
    states: readonly WorkloadState[],
    notices: readonly { readonly notice: WorkloadNotice; readonly webhook: string }[],
    o: Options,
  ): Promise<void>;
  /** The oldest notices that are due. */
  due(now: Instant, limit: number, o: Options): Promise<readonly StoredNotice[]>;
  /** To be tried again then; undefined for never again. */
  settle(id: string, again: Instant | undefined, o: Options): Promise<void>;
}

/** Stops what runs on an engine, so that it does not come back by itself. */
export interface Stopper {
  /** A throw where the engine does not answer. */
  stop(workload: Pick<RunningWorkload, "kind" | "id">, o: Options): Promise<StopOutcome>;
}

export type StopOutcome =
  | { readonly kind: "stopped" }
  /** Nothing of it was running. */
  | { readonly kind: "stood-still" }
  | { readonly kind: "not-stopped"; readonly why: string };

/** Tells somebody outside. */
export interface Webhook {
  /** Whether it was taken. A throw is a fault like any other. */
  send(address: string, id: string, notice: WorkloadNotice, o: Options): Promise<boolean>;
}

export type NewPolicy = {
  readonly mode: PolicyMode;
  readonly required: readonly TeamRequirement[];
  /** As it was, where it is not given. */
  readonly whenLost?: WhenLost;
  /** The version that the change was made from. */
  readonly ifVersion: number;
};
