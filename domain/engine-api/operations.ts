import { imagePlacesOf, type ImagePlace } from "./image-places.ts";
import { requestBodyOf, type RequestBody } from "./request-bodies.ts";

/** What the gateway does with an operation: see `operations`. */
export type OperationClass = "read" | "run" | "pull" | "build" | "plugin" | "bring" | "manage";
/** The least that an account needs to ask for an operation. */
export type Needed = "view-only" | "restricted-control" | "full-control" | "admin";

export type Operation = {
  readonly method: "GET" | "HEAD" | "POST" | "PUT" | "DELETE";
  /** As in the published descriptions, without the version: `/images/{name}/json`. */
  readonly path: string;
  /** Minor numbers of the first and last API version (1.N) that describe it. */
  readonly first: number;
  readonly last: number;
  readonly class: OperationClass;
  readonly needs: Needed;
  /** Where its images sit. */
  readonly images: readonly ImagePlace[];
  readonly body: RequestBody;
};

type Row = readonly [Operation["method"], string, number, number, OperationClass, Needed];

// Rows of version 1.24 stand apart where its prose names a part of the path differently.
const published: readonly Row[] = [
  ["GET", "/_ping", 24, 55, "read", "view-only"],
  ["HEAD", "/_ping", 40, 55, "read", "view-only"],
  ["POST", "/auth", 24, 55, "manage", "view-only"],
  ["POST", "/build", 24, 55, "build", "restricted-control"],
  ["POST", "/build/prune", 31, 55, "manage", "restricted-control"],
  ["POST", "/commit", 24, 55, "bring", "restricted-control"],
  ["GET", "/configs", 30, 55, "read", "view-only"],
  ["POST", "/configs/create", 30, 55, "manage", "restricted-control"],
  ["DELETE", "/configs/{id}", 30, 55, "manage", "restricted-control"],
  ["GET", "/configs/{id}", 30, 55, "read", "view-only"],
  ["POST", "/configs/{id}/update", 30, 55, "manage", "restricted-control"],
  ["POST", "/containers/create", 24, 55, "run", "restricted-control"],
  ["GET", "/containers/json", 24, 55, "read", "view-only"],
  ["POST", "/containers/prune", 25, 55, "manage", "restricted-control"],
  ["DELETE", "/containers/{id}", 25, 55, "manage", "restricted-control"],
  ["GET", "/containers/{id}/archive", 25, 55, "read", "restricted-control"],
  ["HEAD", "/containers/{id}/archive", 25, 55, "read", "restricted-control"],
  ["PUT", "/containers/{id}/archive", 25, 55, "manage", "restricted-control"],
  ["POST", "/containers/{id}/attach", 25, 55, "manage", "restricted-control"],
  ["GET", "/containers/{id}/attach/ws", 25, 55, "manage", "restricted-control"],
  ["GET", "/containers/{id}/changes", 25, 55, "read", "view-only"],
  ["POST", "/containers/{id}/exec", 25, 55, "manage", "full-control"],
  ["GET", "/containers/{id}/export", 25, 55, "read", "restricted-control"],
  ["GET", "/containers/{id}/json", 25, 55, "read", "view-only"],
  ["POST", "/containers/{id}/kill", 25, 55, "manage", "restricted-control"],
  ["GET", "/containers/{id}/logs", 25, 55, "read", "view-only"],
  ["POST", "/containers/{id}/pause", 25, 55, "manage", "restricted-control"],
  ["POST", "/containers/{id}/rename", 25, 55, "manage", "restricted-control"],
  ["POST", "/containers/{id}/resize", 25, 55, "manage", "restricted-control"],
  ["POST", "/containers/{id}/restart", 25, 55, "manage", "restricted-control"],
  ["POST", "/containers/{id}/start", 25, 55, "manage", "restricted-control"],
  ["GET", "/containers/{id}/stats", 25, 55, "read", "view-only"],
  ["POST", "/containers/{id}/stop", 25, 55, "manage", "restricted-control"],
  ["GET", "/containers/{id}/top", 25, 55, "read", "view-only"],
  ["POST", "/containers/{id}/unpause", 25, 55, "manage", "restricted-control"],
  ["POST", "/containers/{id}/update", 25, 55, "manage", "restricted-control"],
  ["POST", "/containers/{id}/wait", 25, 55, "read", "view-only"],
  ["GET", "/distribution/{name}/json", 30, 55, "read", "view-only"],
  ["GET", "/events", 24, 55, "read", "view-only"],
  ["GET", "/exec/{id}/json", 24, 55, "read", "view-only"],
  ["POST", "/exec/{id}/resize", 24, 55, "manage", "full-control"],
  ["POST", "/exec/{id}/start", 24, 55, "manage", "full-control"],
  ["POST", "/images/create", 24, 55, "pull", "restricted-control"],
  ["GET", "/images/get", 24, 55, "read", "restricted-control"],
  ["GET", "/images/json", 24, 55, "read", "view-only"],
  ["POST", "/images/load", 24, 55, "bring", "restricted-control"],
  ["POST", "/images/prune", 25, 55, "manage", "restricted-control"],
  ["GET", "/images/search", 24, 55, "read", "view-only"],
  ["DELETE", "/images/{id}", 24, 24, "manage", "restricted-control"],
  ["GET", "/images/{id}/get", 24, 24, "read", "restricted-control"],
  ["GET", "/images/{id}/history", 24, 24, "read", "view-only"],
  ["GET", "/images/{id}/json", 24, 24, "read", "view-only"],
  ["POST", "/images/{id}/push", 24, 24, "manage", "restricted-control"],
  ["POST", "/images/{id}/tag", 24, 24, "bring", "restricted-control"],
  ["DELETE", "/images/{name}", 25, 55, "manage", "restricted-control"],
  ["GET", "/images/{name}/attestations", 55, 55, "read", "view-only"],
  ["GET", "/images/{name}/get", 25, 55, "read", "restricted-control"],
  ["GET", "/images/{name}/history", 25, 55, "read", "view-only"],
  ["GET", "/images/{name}/json", 25, 55, "read", "view-only"],
  ["POST", "/images/{name}/push", 25, 55, "manage", "restricted-control"],
  ["POST", "/images/{name}/tag", 25, 55, "bring", "restricted-control"],
  ["GET", "/info", 24, 55, "read", "view-only"],
  ["GET", "/networks", 24, 55, "read", "view-only"],
  ["POST", "/networks/create", 24, 55, "manage", "restricted-control"],
  ["POST", "/networks/prune", 25, 55, "manage", "restricted-control"],
  ["DELETE", "/networks/{id}", 25, 55, "manage", "restricted-control"],
  ["GET", "/networks/{id}", 25, 55, "read", "view-only"],
  ["POST", "/networks/{id}/connect", 25, 55, "manage", "restricted-control"],
  ["POST", "/networks/{id}/disconnect", 25, 55, "manage", "restricted-control"],
  ["GET", "/nodes", 24, 55, "read", "view-only"],
  ["DELETE", "/nodes/{id}", 25, 55, "manage", "admin"],
  ["GET", "/nodes/{id}", 25, 55, "read", "view-only"],
  ["POST", "/nodes/{id}/update", 24, 55, "manage", "admin"],
  ["GET", "/plugins", 24, 55, "read", "view-only"],
  ["POST", "/plugins/create", 25, 55, "plugin", "admin"],
  ["GET", "/plugins/privileges", 25, 55, "plugin", "admin"],
  ["POST", "/plugins/pull", 25, 55, "plugin", "admin"],
  ["DELETE", "/plugins/{name}", 25, 55, "manage", "admin"],
  ["POST", "/plugins/{name}/disable", 25, 55, "manage", "admin"],
  ["POST", "/plugins/{name}/enable", 25, 55, "plugin", "admin"],
  ["GET", "/plugins/{name}/json", 25, 55, "read", "view-only"],
  ["POST", "/plugins/{name}/push", 25, 55, "manage", "admin"],
  ["POST", "/plugins/{name}/set", 25, 55, "plugin", "admin"],
  ["POST", "/plugins/{name}/upgrade", 26, 55, "plugin", "admin"],
  ["GET", "/secrets", 25, 55, "read", "view-only"],
  ["POST", "/secrets/create", 25, 55, "manage", "restricted-control"],
  ["DELETE", "/secrets/{id}", 25, 55, "manage", "restricted-control"],
  ["GET", "/secrets/{id}", 25, 55, "read", "view-only"],
  ["POST", "/secrets/{id}/update", 26, 55, "manage", "restricted-control"],
  ["GET", "/services", 24, 55, "read", "view-only"],
  ["POST", "/services/create", 24, 55, "run", "restricted-control"],
  ["DELETE", "/services/{id}", 25, 55, "manage", "restricted-control"],
  ["GET", "/services/{id}", 25, 55, "read", "view-only"],
  ["GET", "/services/{id}/logs", 25, 55, "read", "view-only"],
  ["POST", "/services/{id}/update", 24, 55, "run", "restricted-control"],
  ["POST", "/session", 31, 55, "build", "restricted-control"],
  ["GET", "/swarm", 24, 55, "manage", "admin"],
  ["POST", "/swarm/init", 24, 55, "manage", "admin"],
  ["POST", "/swarm/join", 24, 55, "manage", "admin"],
  ["POST", "/swarm/leave", 24, 55, "manage", "admin"],
  ["POST", "/swarm/unlock", 25, 55, "manage", "admin"],
  ["GET", "/swarm/unlockkey", 25, 55, "manage", "admin"],
  ["POST", "/swarm/update", 24, 55, "manage", "admin"],
  ["GET", "/system/df", 25, 55, "read", "view-only"],
  ["GET", "/tasks", 24, 55, "read", "view-only"],
  ["GET", "/tasks/{id}", 24, 55, "read", "view-only"],
  ["GET", "/tasks/{id}/logs", 29, 55, "read", "view-only"],
  ["GET", "/version", 24, 55, "read", "view-only"],
  ["GET", "/volumes", 24, 55, "read", "view-only"],
  ["POST", "/volumes/create", 24, 55, "manage", "restricted-control"],
  ["POST", "/volumes/prune", 25, 55, "manage", "restricted-control"],
  ["DELETE", "/volumes/{id}", 24, 24, "manage", "restricted-control"],
  ["GET", "/volumes/{id}", 24, 24, "read", "view-only"],
  ["DELETE", "/volumes/{name}", 25, 55, "manage", "restricted-control"],
  ["GET", "/volumes/{name}", 25, 55, "read", "view-only"],
  ["PUT", "/volumes/{name}", 42, 55, "manage", "restricted-control"],
];

// Served by engines, in no description; the rest of those stand in `closed.ts`.
const unpublished: readonly Row[] = [
  ["POST", "/grpc", 39, 55, "build", "restricted-control"],
  ["POST", "/build/cancel", 39, 55, "manage", "restricted-control"],
];

const toOperation = ([method, path, first, last, kind, needs]: Row): Operation => ({
  method,
  path,
  first,
  last,
  class: kind,
  needs,
  images: imagePlacesOf(`${method} ${path}`),
  body: requestBodyOf(`${method} ${path}`),
});

/** Every operation of the published Engine API descriptions, 1.24 to 1.55. */
export const publishedOperations: readonly Operation[] = published.map(toOperation);

/** Every operation that the gateway knows. What is not here is refused. */
export const operations: readonly Operation[] = [...published, ...unpublished].map(toOperation);
