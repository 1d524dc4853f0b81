import { get, head, json, type Context, type Face, type Handler, type Reply } from "#faces/http";
import type { TokenVerifier } from "#services/accounts";
import type { RegistryService } from "#services/registry";
import { blobRoutes } from "./blob-routes.ts";
import { replyToError } from "./error-replies.ts";
import { createGuard, type Challenge } from "./guard.ts";
import { listingRoutes, type RepositoryAccess } from "./listing-routes.ts";
import { manifestRoutes } from "./manifest-routes.ts";
import { readOn } from "./refused-body.ts";
import { uploadRoutes } from "./upload-routes.ts";

export type RegistryFaceParts = {
  readonly registry: RegistryService;
  readonly tokens: TokenVerifier;
  readonly access: RepositoryAccess;
  readonly challenge: Challenge;
};

/** The registry over HTTP: OCI distribution 1.1 and Docker Registry v2, behind bearer tokens. */
export function registryFace({ registry, tokens, access, challenge }: RegistryFaceParts): Face {
  const guard = createGuard(tokens, challenge);
  const base = guard.anybody(undefined, () => Promise.resolve(json(200, {})));
  const routes = [
    get("/v2/", base),
    head("/v2/", base),
    get("/v2", base),
    ...uploadRoutes(registry, guard),
    ...blobRoutes(registry, guard),
    ...manifestRoutes(registry, guard),
    ...listingRoutes(registry, guard, access),
  ];
  return {
    routes: routes.map((route) => ({ ...route, handler: dressed(route.handler) })),
    replyTo: (error, context) => {
      const reply = replyToError(error, context);
      return reply && dress(reply);
    },
  };
}

function dressed(handler: Handler): Handler {
  return async (context: Context) => {
    const reply = await handled(handler, context);
    if (reply === "handled") return reply;
    if (reply.status >= 400) await readOn(context.request);
    return dress(reply);
  };
}

async function handled(handler: Handler, context: Context): Promise<Reply | "handled"> {
  try {
    return await handler(context);
  } catch (error) {
    const reply = replyToError(error, context);
    if (reply === undefined) throw error;
    return reply;
  }
}

/** What every reply says: which API this is, and that no browser may take content for a page. */
function dress(reply: Reply): Reply {
  return {
    ...reply,
    headers: {
      ...reply.headers,
      "docker-distribution-api-version": "registry/2.0",
      "x-content-type-options": "nosniff",
    },
  };
}
