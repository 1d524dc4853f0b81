import { CodedError } from "#domain/kernel";

export type GatekeeperErrorCode =
  | "gatekeeper/policy-changed"
  | "gatekeeper/dry-run-first"
  | "gatekeeper/webhook-invalid"
  | "gatekeeper/unknown-team"
  | "gatekeeper/decision-unreadable";

export class GatekeeperError extends CodedError<GatekeeperErrorCode> {}
