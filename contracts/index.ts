/** JSON shapes of our REST API: schemas, error codes, typed client. Runs in a browser. */
export {
  apiPrefix,
  decisionEventsPath,
  operations,
  type OperationName,
  type Operations,
} from "./api.ts";
export { ApiError, createClient, type Client, type ClientOptions } from "./client.ts";
export { ImagePage, Repository, SignedRole, Tags, TagSummary } from "./images.ts";
export { AccountName, Digest, Instant, KeyFingerprint, TeamName } from "./names.ts";
export {
  nodeAudience,
  NodeAnswer,
  nodeProofType,
  NodeQuestion,
  NodeRefusal,
  NodeRefusals,
  nodeRefusalsPath,
  nodeVerdictsPath,
} from "./nodes.ts";
export {
  AccountKey,
  AddKey,
  Bundle,
  CreateBundle,
  CreateOrganization,
  CreateTeam,
  CreateUser,
  GatewayPermission,
  KeyOwner,
  Organization,
  Password,
  RepositoryRight,
  Team,
  UpdateUser,
  User,
} from "./people.ts";
export {
  Minimum,
  Policy,
  PolicyPreview,
  PreviewPolicy,
  SetPolicy,
  WhenLost,
  Workload,
  Workloads,
} from "./policy.ts";
export { Problem } from "./problem.ts";
export { AddRegistry, Registry } from "./registries.ts";
export { Session, SignIn } from "./session.ts";
export { shortDigest, shortenDigests } from "./short-digest.ts";
export { Status } from "./status.ts";
export {
  Countersigner,
  Decision,
  Decisions,
  PolicyMode,
  Reason,
  TeamState,
  Verdict,
} from "./verdict.ts";
