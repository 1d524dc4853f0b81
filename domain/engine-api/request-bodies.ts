/**
 * What the engine reads from the body of a request. `none`: whatever is sent, the engine does not get it.
 * `json`: one JSON text, relayed as we write it. `archive`: a tar, relayed as it comes.
 */
export type RequestBody = "none" | "json" | "archive";

const json: ReadonlySet<string> = new Set([
  "POST /auth",
  "POST /commit",
  "POST /configs/create",
  "POST /configs/{id}/update",
  "POST /containers/create",
  "POST /containers/{id}/exec",
  "POST /containers/{id}/update",
  "POST /exec/{id}/start",
  // Without the header X-Registry-Auth, older engines read credentials from the body.
  "POST /images/{id}/push",
  "POST /images/{name}/push",
  "POST /networks/create",
  "POST /networks/{id}/connect",
  "POST /networks/{id}/disconnect",
  "POST /nodes/{id}/update",
  "POST /plugins/pull",
  "POST /plugins/{name}/push",
  "POST /plugins/{name}/set",
  "POST /plugins/{name}/upgrade",
  "POST /secrets/create",
  "POST /secrets/{id}/update",
  "POST /services/create",
  "POST /services/{id}/update",
  "POST /swarm/init",
  "POST /swarm/join",
  "POST /swarm/unlock",
  "POST /swarm/update",
  "POST /volumes/create",
  "PUT /volumes/{name}",
]);

const archive: ReadonlySet<string> = new Set([
  "POST /build",
  "POST /images/create",
  "POST /images/load",
  "POST /plugins/create",
  "PUT /containers/{id}/archive",
]);

/** What the engine reads from the body, by method and path. */
export function requestBodyOf(operation: string): RequestBody {
  if (json.has(operation)) return "json";
  return archive.has(operation) ? "archive" : "none";
}
