import type { JsonObject, JsonValue } from "#domain/json";
import type { EngineBody } from "./body.ts";
import { EngineApiError } from "./errors.ts";
import { at, isList, replaced, type JsonPath } from "./json-path.ts";

/** Where an image reference stands in a body, and what is written there. */
export type ImageUse = { readonly path: JsonPath; readonly image: string };

/**
 * Every image that a body would have the engine run or mount: the container's own first. Throws
 * `engine-api/image-missing` when there is none, and `engine-api/image-malformed` for a place where an
 * image must stand and something else does, or a service that is no container.
 */
export function imagesOf(body: EngineBody): readonly ImageUse[] {
  switch (body.kind) {
    case "container-create":
      return usesIn(body.value, ["Image"], ["HostConfig", "Mounts"]);
    case "service-spec": {
      refuseOtherTasks(at(body.value, ["TaskTemplate"]));
      const spec = ["TaskTemplate", "ContainerSpec"];
      return usesIn(body.value, [...spec, "Image"], [...spec, "Mounts"]);
    }
    case "container-update":
    case "exec-create":
    case "volume-create":
    case "network-create":
    case "other":
      return [];
  }
}

/** The same body with other images in the places that `imagesOf` named. */
export function withImages(
  body: EngineBody,
  replace: (use: ImageUse, index: number) => string,
): EngineBody {
  const value = imagesOf(body).reduce<JsonValue>(
    (made, use, index) => replaced(made, use.path, replace(use, index)),
    body.value,
  );
  return { ...body, value: value as JsonObject };
}

function usesIn(
  value: JsonValue,
  imagePath: readonly string[],
  mountsPath: readonly string[],
): readonly ImageUse[] {
  const image = at(value, imagePath);
  if (image === undefined || image === null || image === "")
    throw new EngineApiError("engine-api/image-missing", "the body names no image");
  const mounts = at(value, mountsPath) ?? [];
  if (!isList(mounts)) throw malformed("Mounts must be a list");
  const mounted = mounts.flatMap((mount, index): readonly ImageUse[] => {
    const type = at(mount, ["Type"]);
    if (typeof type !== "string" || type.toLowerCase() !== "image") return [];
    return [use([...mountsPath, index, "Source"], at(mount, ["Source"]))];
  });
  return [use(imagePath, image), ...mounted];
}

function use(path: JsonPath, image: JsonValue | undefined): ImageUse {
  // The engine would trim nothing and neither do we: what has spaces or controls is no reference.
  if (typeof image !== "string" || !/^[\u0021-\u007e]{1,512}$/.test(image))
    throw malformed(`${path.join(".")} is not an image reference`);
  return { path, image };
}

function refuseOtherTasks(task: JsonValue | undefined): void {
  const runtime = at(task, ["Runtime"]) ?? "";
  const isContainer =
    (runtime === "" || runtime === "container") &&
    (at(task, ["PluginSpec"]) ?? null) === null &&
    (at(task, ["NetworkAttachmentSpec"]) ?? null) === null;
  if (!isContainer) throw malformed("only services that run containers pass this gateway");
}

function malformed(message: string): EngineApiError {
  return new EngineApiError("engine-api/image-malformed", message);
}
