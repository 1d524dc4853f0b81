/** A route that engines serve and that passes for nobody. */
export type ClosedRoute = {
  readonly method: string;
  /** `{…}` stands for one segment; at the end, `{…*}` for any number of them. */
  readonly path: string;
  /** For the person who asked. */
  readonly reason: string;
};

const checkpoints = "checkpoints do not pass this gateway: what they hold cannot be judged";
const inside = "the engine's own debugging does not pass this gateway";

/** Routes of no published description that engines register all the same. */
export const closedRoutes: readonly ClosedRoute[] = [
  { method: "GET", path: "/containers/{id}/checkpoints", reason: checkpoints },
  { method: "POST", path: "/containers/{id}/checkpoints", reason: checkpoints },
  { method: "DELETE", path: "/containers/{id}/checkpoints/{checkpoint}", reason: checkpoints },
  {
    method: "POST",
    path: "/containers/{id}/copy",
    reason: "this way of copying is no longer supported: use docker cp",
  },
  { method: "GET", path: "/debug/{any*}", reason: inside },
  {
    method: "OPTIONS",
    path: "/{any*}",
    reason: "this gateway serves no browsers of other places",
  },
];

/** Why a request passes for nobody; undefined for one that is of no closed route. */
export function closedReason(method: string, segments: readonly string[]): string | undefined {
  return closedRoutes.find((route) => route.method === method && matches(route.path, segments))
    ?.reason;
}

function matches(path: string, segments: readonly string[]): boolean {
  const pattern = path.slice(1).split("/");
  const isOpen = pattern.at(-1)?.endsWith("*}") === true;
  const fixed = isOpen ? pattern.slice(0, -1) : pattern;
  if (isOpen ? segments.length < fixed.length : segments.length !== fixed.length) return false;
  return fixed.every((part, index) => part.startsWith("{") || part === segments[index]);
}
