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
import type { AccountName } from "#domain/identity";
import type { Options } from "#domain/kernel";
import type { RegistryHost, RepositoryName, Tag } from "#domain/oci";

/** What the gatekeeper shows through the REST API, in the contract's shapes. Who may see it is decided here, not there. */
export interface Gatekeeping {
  status(o: Options): Promise<Status>;
  policy(o: Options): Promise<Policy>;
  /** Throws `gatekeeper/policy-changed` or `gatekeeper/unknown-team`. */
  setPolicy(input: SetPolicy, by: AccountName, o: Options): Promise<Policy>;
  /** Throws `gatekeeper/unknown-team`. */
  preview(input: PreviewPolicy, o: Options): Promise<PolicyPreview>;
  workloads(o: Options): Promise<Workloads>;
  /** The verdict on an image as it would be now; records nothing. */
  why(image: string, o: Options): Promise<Verdict>;
  /** Newest first, older than `before`, which is a `next` of an earlier answer. */
  decisions(
    query: { readonly before?: string; readonly limit: number },
    o: Options,
  ): Promise<Decisions>;
  decision(id: string, o: Options): Promise<Decision | undefined>;
  /** Hears every decision as it is made, until the function returned is called. */
  subscribe(listener: (decision: Decision) => void, o: Options): Promise<() => void>;
  repositories(o: Options): Promise<readonly Repository[]>;
  tags(repository: RepositoryName, o: Options): Promise<Tags | undefined>;
  image(repository: RepositoryName, tag: Tag, o: Options): Promise<ImagePage | undefined>;
  /** Forgets what was pinned and seen of a repository's trust data. */
  forgetTrust(
    of: { readonly registry: RegistryHost | undefined; readonly repository: RepositoryName },
    by: AccountName,
    o: Options,
  ): Promise<void>;
}
