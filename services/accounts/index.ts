/** Sign-in, tokens, organizations and teams, keys, client bundles. */
export type { ArchiveFile, Bundles, ClientBundle } from "./bundles.ts";
export {
  createAccountsService,
  type AccountsParts,
  type AccountsService,
} from "./create-accounts-service.ts";
export { AccountsError, type AccountsErrorCode } from "./errors.ts";
export type { Keys } from "./keys.ts";
export type { Membership, NewTeam, NewUser, TeamView, UserUpdate, UserView } from "./membership.ts";
export { createPasswordCheck, type Credentials, type PasswordCheck } from "./passwords.ts";
export type { Roster } from "./people-view.ts";
export type {
  AccountStore,
  Attempts,
  CertificateIssuer,
  KeyReader,
  PasswordHasher,
  People,
  ReadKey,
  RepositoryVisibility,
  StoredKey,
  StoredSession,
  StoredTeam,
  StoredUser,
  UserChange,
} from "./ports.ts";
export { createScryptHasher } from "./scrypt-hasher.ts";
export type { Sessions, SignedIn } from "./sessions.ts";
export type { IssuedToken, TokenRequest, Tokens } from "./token-service.ts";
export type { Grant, TokenVerifier } from "./tokens.ts";
