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

export type StoredPolicy = Policy & {
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

export type NewPolicy = {
  readonly mode: PolicyMode;
  readonly required: readonly TeamRequirement[];
  /** The version that the change was made from. */
  readonly ifVersion: number;
};
