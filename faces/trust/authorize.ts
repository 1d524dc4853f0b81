import { CodedError } from "#domain/kernel";
import type { Gun, Scope, ScopeAction } from "#domain/oci";
import type { Context } from "#faces/http";
import type { TokenVerifier } from "#services/accounts";
import { Unauthorized } from "./errors.ts";

const BEARER = /^Bearer +([A-Za-z0-9._~+/=-]+) *$/i;

/** What a request on a repository needs. The scope's name is the globally unique name, registry host included. */
export function repositoryScope(gun: Gun, ...actions: readonly ScopeAction[]): Scope {
  return { type: "repository", name: gun, actions: new Set(actions) };
}

/** What a look across all repositories needs. */
export const catalogScope: Scope = { type: "registry", name: "catalog", actions: new Set(["*"]) };

/** Throws `trust-wire/unauthorized` unless the request's token gives every action of `needed`. */
export async function authorize(
  tokens: TokenVerifier,
  context: Context,
  needed: Scope,
): Promise<void> {
  const { authorization } = context.request.headers;
  if (authorization === undefined) throw new Unauthorized(needed, undefined);
  const token = BEARER.exec(authorization)?.[1];
  if (token === undefined) throw new Unauthorized(needed, "invalid_token");
  const { scopes } = await verified(tokens, { token, needed, context });
  for (const action of needed.actions)
    if (!isGiven(scopes, needed, action)) throw new Unauthorized(needed, "insufficient_scope");
}

function isGiven(scopes: readonly Scope[], needed: Scope, action: ScopeAction): boolean {
  return scopes.some(
    ({ type, name, actions }) =>
      type === needed.type && name === needed.name && (actions.has(action) || actions.has("*")),
  );
}

async function verified(
  tokens: TokenVerifier,
  at: { readonly token: string; readonly needed: Scope; readonly context: Context },
): ReturnType<TokenVerifier["verify"]> {
  try {
    return await tokens.verify(at.token, at.context);
  } catch (error) {
    if (error instanceof CodedError && error.code === "accounts/token-invalid")
      throw new Unauthorized(at.needed, "invalid_token", { cause: error });
    throw error;
  }
}
