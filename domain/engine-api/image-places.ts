/** Where a request names, or brings along, the images that it is about. */
export type ImagePlace =
  | `body ${string}`
  | `query ${string}`
  /** What stands for `{name}` in the path. */
  | "path"
  /** The tar that is sent: names inside it, or the files of an image. */
  | "archive"
  /** What the container in the path was made from. */
  | "container"
  /** A specification that the manager keeps, and may go back to. */
  | "kept specification"
  /** Inside a tunnel, where nobody looks. */
  | "tunnel";

const container = ["body Image", "body HostConfig.Mounts[].Source"] as const;
const task = "body TaskTemplate.ContainerSpec";
const service = [`${task}.Image`, `${task}.Mounts[].Source`] as const;

/** By method and path. An operation that is not named here is about no image. */
const places: ReadonlyMap<string, readonly ImagePlace[]> = new Map<string, readonly ImagePlace[]>([
  ["POST /containers/create", container],
  ["POST /services/create", service],
  ["POST /services/{id}/update", [...service, "kept specification"]],
  ["POST /containers/{id}/start", ["container"]],
  ["POST /containers/{id}/restart", ["container"]],
  ["POST /containers/{id}/unpause", ["container"]],
  ["POST /containers/{id}/update", ["container"]],
  ["POST /images/create", ["query fromImage", "query tag", "query fromSrc", "archive"]],
  ["GET /distribution/{name}/json", ["path"]],
  ["POST /build", ["archive", "query remote", "query cachefrom", "query version"]],
  ["POST /session", ["tunnel"]],
  ["POST /grpc", ["tunnel"]],
  ["POST /commit", ["query container", "query repo", "query tag"]],
  ["POST /images/load", ["archive"]],
  ...["name", "id"].flatMap((name): [string, readonly ImagePlace[]][] => [
    [`POST /images/{${name}}/tag`, ["path", "query repo", "query tag"]],
    [`POST /images/{${name}}/push`, ["path", "query tag"]],
    [`DELETE /images/{${name}}`, ["path"]],
    [`GET /images/{${name}}/get`, ["path"]],
    [`GET /images/{${name}}/history`, ["path"]],
    [`GET /images/{${name}}/json`, ["path"]],
  ]),
  ["GET /images/{name}/attestations", ["path"]],
  ["GET /images/get", ["query names"]],
  ["POST /plugins/pull", ["query remote", "query name"]],
  ["GET /plugins/privileges", ["query remote"]],
  ["POST /plugins/create", ["archive", "query name"]],
  ["POST /plugins/{name}/upgrade", ["path", "query remote"]],
  ["POST /plugins/{name}/enable", ["path"]],
  ["POST /plugins/{name}/set", ["path"]],
  ["POST /plugins/{name}/push", ["path"]],
]);

/** The places of an operation, by its method and path. */
export function imagePlacesOf(operation: string): readonly ImagePlace[] {
  return places.get(operation) ?? [];
}
