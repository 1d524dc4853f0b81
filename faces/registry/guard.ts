import { CodedError } from "#domain/kernel";
import { formatScope, parseRepositoryName, type RepositoryName, type Scope } from "#domain/oci";
import {
  bearerChallenge,
  bearerToken,
  param,
  type Context,
  type Handler,
  type Reply,
} from "#faces/http";
import type { Grant, TokenVerifier } from "#services/accounts";
import { errorReply } from "./error-replies.ts";

/** Where clients fetch tokens, and for which service: what a refusal tells them. */
export type Challenge = { readonly realm: string; readonly service: string };

/** A request that may go on, and what its token says. */
export type Permitted = { readonly repository: RepositoryName; readonly grant: Grant };

export type Action = "pull" | "push" | "delete";

/** Lets requests through whose token has what they need, and tells the others which token to fetch. */
export type Guard = {
  /** A route on one repository: the `:repository` of its path. */
  repository(
    action: Action,
    handler: (context: Context, permitted: Permitted) => Promise<Reply>,
  ): Handler;
  /** A route for whoever has a valid token; `scope` is only what it tells clients to ask for. */
  anybody(
    scope: Scope | undefined,
    handler: (context: Context, grant: Grant) => Promise<Reply>,
  ): Handler;
};

export function createGuard(tokens: TokenVerifier, challenge: Challenge): Guard {
  async function grantOf(context: Context): Promise<Grant | "none" | "invalid"> {
    const token = bearerToken(context.request);
    if (token === undefined) return "none";
    try {
      return await tokens.verify(token, { signal: context.signal });
    } catch (error) {
      if (error instanceof CodedError && error.code === "accounts/token-invalid") return "invalid";
      throw error;
    }
  }

  function refuse(
    why: "no-token" | "invalid_token" | "insufficient_scope",
    scope: Scope | undefined,
  ): Reply {
    const authenticate = bearerChallenge({
      ...challenge,
      ...(scope === undefined ? {} : { scope: formatScope(scope) }),
      ...(why === "no-token" ? {} : { error: why }),
    });
    const headers = { "www-authenticate": authenticate };
    return why === "insufficient_scope"
      ? errorReply(401, "DENIED", "requested access to the resource is denied", { headers })
      : errorReply(401, "UNAUTHORIZED", "authentication required", { headers });
  }

  return {
    repository: (action, handler) => async (context) => {
      const repository = parseRepositoryName(param(context, "repository"));
      const needed: Scope = {
        type: "repository",
        name: repository,
        actions: new Set(action === "push" ? ["pull", "push"] : [action]),
      };
      const grant = await grantOf(context);
      if (grant === "none") return refuse("no-token", needed);
      if (grant === "invalid") return refuse("invalid_token", needed);
      return permits(grant, repository, action)
        ? await handler(context, { repository, grant })
        : refuse("insufficient_scope", needed);
    },

    anybody: (scope, handler) => async (context) => {
      const grant = await grantOf(context);
      if (grant === "none") return refuse("no-token", scope);
      if (grant === "invalid") return refuse("invalid_token", scope);
      return await handler(context, grant);
    },
  };
}

/** Whether a token lets its holder do `action` in `repository`. */
export function permits(grant: Grant, repository: RepositoryName, action: Action): boolean {
  return grant.scopes.some(
    (scope) =>
      scope.type === "repository" &&
      scope.name === repository &&
      (scope.actions.has(action) || scope.actions.has("*")),
  );
}
