import type { TeamName } from "#domain/identity";

/** `off`: nothing is judged. `warn`: judged, recorded and admitted. `enforce`: run only signed images. */
export type PolicyMode = "off" | "warn" | "enforce";

export type TeamRequirement = {
  readonly team: TeamName;
  /** How many distinct people of the team must have signed; at least 1. */
  readonly people: number;
};

/** What the cluster asks of an image before it runs. */
export type Policy = {
  /** Grows by one with every change. */
  readonly version: number;
  readonly mode: PolicyMode;
  /** Every one of these must be met. None: any active account's countersignature will do. */
  readonly required: readonly TeamRequirement[];
};
