import type { AccountName } from "#domain/identity";
import type { Options } from "#domain/kernel";
import type { Scope } from "#domain/oci";

/** What a bearer token lets its holder do, as it was when the token was issued. */
export type Grant = {
  /** Undefined for somebody who did not say who they are. */
  readonly account: AccountName | undefined;
  readonly scopes: readonly Scope[];
};

/** Reads bearer tokens; what the registry and the trust server ask before they answer. */
export interface TokenVerifier {
  /** Throws `accounts/token-invalid` for a token that is forged, expired, or whose account is no longer active. */
  verify(token: string, o: Options): Promise<Grant>;
}
