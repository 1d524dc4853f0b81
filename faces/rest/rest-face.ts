import type { Options } from "#domain/kernel";
import type { RegistryHost } from "#domain/oci";
import { empty, get, head, type Face, type Reply, type Route } from "#faces/http";
import type { AccountsService } from "#services/accounts";
import type { Registries } from "#services/reader";
import { decisionEvents } from "./decision-events.ts";
import { replyToError } from "./error-replies.ts";
import { notFound } from "./errors.ts";
import { gatekeepingOperations } from "./gatekeeping-operations.ts";
import type { Operation } from "./operation.ts";
import { peopleOperations } from "./people-operations.ts";
import type { Gatekeeping } from "./ports.ts";
import { registryOperations } from "./registry-operations.ts";
import { sessionOperations } from "./session-operations.ts";
import { createSight } from "./sight.ts";
import { webRoutes } from "./web-routes.ts";

export type RestParts = {
  readonly accounts: AccountsService;
  readonly gatekeeping: Gatekeeping;
  readonly registries: Pick<Registries, "list" | "add" | "remove">;
  readonly registryHost: RegistryHost;
  /** PEM of the authority behind our servers' certificates; anybody may have it. */
  readonly caPem: string;
  /** False while the server is still starting; throws when it cannot do its work. */
  readonly isReady: (o: Options) => Promise<boolean>;
  /** The folder of the built web UI. */
  readonly webRoot?: string;
};

/** The REST API, the web UI's files, and what a newcomer needs: the authority's certificate. Must be the last face. */
export function restFace(parts: RestParts): Face {
  const sight = createSight(parts.accounts, parts.registryHost);
  return {
    routes: [
      ...plainRoutes(parts),
      decisionEvents({ ...parts, sight }),
      ...restOperations(parts).map(({ route }) => route(parts.accounts)),
      get("/api/:path+", () => Promise.reject(notFound("no such operation"))),
      ...(parts.webRoot === undefined ? [] : webRoutes(parts.webRoot)),
    ],
    replyTo: replyToError,
  };
}

/** What does each operation of the contract, and who may call it. */
export function restOperations(
  parts: Pick<RestParts, "accounts" | "gatekeeping" | "registries" | "registryHost">,
): readonly Operation[] {
  const sight = createSight(parts.accounts, parts.registryHost);
  return [
    ...sessionOperations(parts.accounts),
    ...peopleOperations(parts.accounts),
    ...gatekeepingOperations(parts.gatekeeping, sight),
    ...registryOperations(parts.registries),
  ];
}

function plainRoutes({ caPem, isReady }: RestParts): readonly Route[] {
  const certificate: Reply = {
    status: 200,
    headers: {
      "content-type": "application/x-pem-file",
      "content-length": String(Buffer.byteLength(caPem)),
      "cache-control": "no-cache",
    },
    body: caPem,
  };
  const healthy: Reply = {
    status: 200,
    headers: { "content-type": "text/plain", "cache-control": "no-store" },
    body: "ok\n",
  };
  const health: Route["handler"] = async ({ log, signal }) => {
    try {
      return (await isReady({ signal })) ? healthy : empty(503);
    } catch (error) {
      log.warn({ event: "health.failed", err: error }, "not healthy");
      return empty(503);
    }
  };
  return [
    get("/ca.pem", () => Promise.resolve(certificate)),
    head("/ca.pem", () => Promise.resolve(certificate)),
    get("/healthz", health),
    head("/healthz", health),
  ];
}
