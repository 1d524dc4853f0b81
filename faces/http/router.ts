import type { Face, Route } from "./route.ts";

export type Match = {
  readonly face: Face;
  readonly route: Route;
  readonly params: ReadonlyMap<string, string>;
};

type Compiled = {
  readonly face: Face;
  readonly route: Route;
  readonly path: RegExp;
  readonly names: readonly string[];
};

/**
 * Finds the route of a request. Faces and routes are tried in the order given. Paths are matched as
 * written: `//`, `.` and `..` match nothing, so that no two readers can take one path differently.
 */
export function createRouter(
  faces: readonly Face[],
): (method: string, path: string) => Match | "wrong-method" | undefined {
  const compiled = faces.flatMap((face) => face.routes.map((route) => compile(face, route)));
  return (method, path) => {
    let pathIsKnown = false;
    for (const candidate of compiled) {
      const found = candidate.path.exec(path);
      if (found === null) continue;
      pathIsKnown = true;
      if (candidate.route.method !== method) continue;
      const params = decode(candidate.names, found.slice(1));
      if (params !== undefined) return { face: candidate.face, route: candidate.route, params };
    }
    return pathIsKnown ? "wrong-method" : undefined;
  };
}

function compile(face: Face, route: Route): Compiled {
  const names: string[] = [];
  const source = route.pattern
    .split(/(:[a-zA-Z]+\+?)/)
    .map((part) => {
      if (!part.startsWith(":")) return part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
      names.push(part.replaceAll(/[:+]/g, ""));
      return part.endsWith("+") ? "([^/]+(?:/[^/]+)*?)" : "([^/]+?)";
    })
    .join("");
  return { face, route, path: new RegExp(`^${source}$`), names };
}

function decode(
  names: readonly string[],
  values: readonly (string | undefined)[],
): ReadonlyMap<string, string> | undefined {
  const params = new Map<string, string>();
  for (const [index, name] of names.entries()) {
    try {
      params.set(name, decodeURIComponent(values[index] ?? ""));
    } catch {
      return undefined; // a percent sign that escapes nothing names no resource
    }
  }
  return params;
}
