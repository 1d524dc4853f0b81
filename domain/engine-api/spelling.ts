import type { JsonValue } from "#domain/json";
import { EngineApiError } from "./errors.ts";
import { isList, isObject } from "./json-path.ts";
import type { Shape } from "./shapes.ts";

/**
 * Refuses members that the engine would take for a known one although they are spelled otherwise: Go's
 * encoding/json compares names under Unicode simple folding, where U+017F is an s and U+212A a k; newer
 * readers may drop `-` and `_` too. Returns the paths of members that the shape does not know at all.
 * Throws `engine-api/key-spelling`.
 */
export function checkSpelling(value: JsonValue, shape: Shape, path = ""): readonly string[] {
  if (isList(value)) return value.flatMap((item) => checkSpelling(item, shape, path));
  if (!isObject(value)) return [];
  const folded = new Map([...shape.members].map((name) => [fold(name), name]));
  const unknown: string[] = [];
  for (const [name, member] of Object.entries(value)) {
    const known = folded.get(fold(name));
    const at = path === "" ? name : `${path}.${name}`;
    if (known !== undefined && known !== name)
      throw new EngineApiError(
        "engine-api/key-spelling",
        `the body spells ${known} as ${JSON.stringify(name.slice(0, 60))}`,
      );
    if (known === undefined && member !== null) unknown.push(at.slice(0, 120));
    const inner = shape.inner.get(name);
    if (inner !== undefined) unknown.push(...checkSpelling(member, inner, at));
  }
  return unknown;
}

function fold(name: string): string {
  return name.toUpperCase().toLowerCase().replaceAll(/[-_]/g, "");
}
