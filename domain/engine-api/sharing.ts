import type { JsonObject, JsonValue } from "#domain/json";
import type { EngineBody } from "./body.ts";
import { at, isList, replaced, type JsonPath } from "./json-path.ts";

/** Where a container stands in a body that would share volumes or namespaces with it. */
export type ContainerUse = {
  readonly path: JsonPath;
  /** Its name or ID. */
  readonly container: string;
  /** What stands around it: `container:` before, `:ro` behind. */
  readonly before: string;
  readonly after: string;
};

/** The containers whose volumes or namespaces a new one would share. */
export function containersOf(body: EngineBody): readonly ContainerUse[] {
  const volumesFrom = at(body.value, ["HostConfig", "VolumesFrom"]);
  const sources = (isList(volumesFrom) ? volumesFrom : []).map((from, index) => {
    const text = typeof from === "string" ? from : "";
    const end = text.includes(":") ? text.indexOf(":") : text.length;
    return useOf(["HostConfig", "VolumesFrom", index], text, 0, end);
  });
  const modes = ["NetworkMode", "IpcMode"].flatMap((name) => {
    const path = ["HostConfig", name];
    const mode: JsonValue | undefined = at(body.value, path);
    return typeof mode === "string" && /^container:/i.test(mode)
      ? [useOf(path, mode, "container:".length, mode.length)]
      : [];
  });
  return [...sources, ...modes];
}

/** The same body with other containers in the places that `containersOf` named. */
export function withContainers(
  body: EngineBody,
  replace: (use: ContainerUse, index: number) => string,
): EngineBody {
  const value = containersOf(body).reduce<JsonValue>(
    (made, use, index) => replaced(made, use.path, use.before + replace(use, index) + use.after),
    body.value,
  );
  return { ...body, value: value as JsonObject };
}

function useOf(path: JsonPath, text: string, start: number, end: number): ContainerUse {
  return {
    path,
    container: text.slice(start, end),
    before: text.slice(0, start),
    after: text.slice(end),
  };
}
