/** Users, organizations, teams, the keys they own; who may do what to which repository. Pure. */
export type { IdentityError, IdentityErrorCode } from "./errors.ts";
export {
  parseAccountName,
  parseKeyFingerprint,
  parseTeamName,
  splitTeamName,
  type AccountName,
  type KeyFingerprint,
  type TeamName,
} from "./names.ts";
export type { AccountKey, GatewayPermission, Organization, Team, User } from "./people.ts";
export {
  actionsOf,
  rightOn,
  type RepositoryAction,
  type RepositoryPlace,
  type RepositoryRight,
  type RightOnRepository,
  type Subject,
} from "./rights.ts";
