import { CodedError } from "#domain/kernel";

export type GatekeeperErrorCode =
  "gatekeeper/policy-changed" | "gatekeeper/unknown-team" | "gatekeeper/decision-unreadable";

export class GatekeeperError extends CodedError<GatekeeperErrorCode> {}
