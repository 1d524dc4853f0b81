/** Judges images for the gates, keeps and replays decisions, tells what runs and whether it would pass. */
export type { DecisionRecord, Effect, Gate, StoredDecision } from "./decision.ts";
export { GatekeeperError, type GatekeeperErrorCode } from "./errors.ts";
export type { NamedImage } from "./gather.ts";
export {
  createGatekeeper,
  replay,
  type Gatekeeper,
  type GatekeeperParts,
  type Preview,
} from "./gatekeeper.ts";
export type { Finding, ImageRequest, Judgement } from "./judge.ts";
export type {
  DecisionStore,
  Directory,
  Engine,
  ImageCatalogue,
  NewPolicy,
  PolicyStore,
  Roster,
  RunningWorkload,
  Stopper,
  StopOutcome,
  StoredNotice,
  StoredPolicy,
  TrustedRegistries,
  TrustSource,
  Webhook,
  WhenLost,
  WorkloadNotice,
  WorkloadState,
  WorkloadStore,
} from "./ports.ts";
export { readRecord, writeRecord } from "./record-format.ts";
export type { Review } from "./watch-workloads.ts";
export type { JudgedWorkload, StandingWorkload } from "./workloads.ts";
