import type { Instant, Options } from "#domain/kernel";
import type { Scope } from "#domain/oci";

export type TokenRequest = {
  readonly credentials?: { readonly username: string; readonly password: string };
  readonly scopes: readonly Scope[];
  readonly service: string;
};

export type IssuedToken = {
  readonly token: string;
  readonly expiresInSeconds: number;
  readonly issuedAt: Instant;
};

/** Whoever decides what a token may do. */
export interface TokenAuthority {
  /**
   * A token for as much of `scopes` as the account may do; without credentials, as much as anybody may.
   * Throws `accounts/credentials-wrong`, `accounts/locked`.
   */
  issue(request: TokenRequest, o: Options): Promise<IssuedToken>;
}
