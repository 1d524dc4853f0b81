import type { JsonObject, JsonValue } from "#domain/json";
import type { EngineBody } from "./body.ts";
import { isAbsent, isEmpty, isOneOf } from "./harmless.ts";
import { at, isList, isObject } from "./json-path.ts";

/** Settings of a new volume that reach the host. */
export function inVolume(body: JsonObject): readonly string[] {
  const found = isHarmlessDriver(body["Driver"], body["DriverOpts"]) ? [] : ["DriverOpts"];
  return isAbsent(body["ClusterVolumeSpec"]) ? found : [...found, "ClusterVolumeSpec"];
}

/** The local driver mounts whatever its options say, host folders and disks included; memory is harmless. */
export function isHarmlessDriver(
  driver: JsonValue | undefined,
  options: JsonValue | undefined,
): boolean {
  if (!isOneOf("", "local")(driver)) return false;
  return isEmpty(options) || isMemory(options);
}

const MEMORY_FLAG = /^(?:(?:size|mode|uid|gid|nr_inodes|nr_blocks)=\w+|nosuid|nodev|noexec)$/;

/** `o=bind` beside `type=tmpfs` would still bind the device: each option is looked at. */
function isMemory(options: JsonValue | undefined): boolean {
  if (!isObject(options) || options["type"] !== "tmpfs" || options["device"] !== "tmpfs")
    return false;
  const { type: _type, device: _device, o: flags, ...others } = options;
  const areFlagsHarmless =
    isAbsent(flags) ||
    (typeof flags === "string" && flags.split(",").every((flag) => MEMORY_FLAG.test(flag)));
  return areFlagsHarmless && Object.keys(others).length === 0;
}

/** `name:/where[:how]`: a volume, not a path of the host. */
const VOLUME_BIND = /^([a-zA-Z0-9][\w.-]*):\//;

export function isVolumeBind(value: JsonValue): boolean {
  return typeof value === "string" && VOLUME_BIND.test(value);
}

/** The volumes that a container or a service names. What is behind a name, only the engine knows. */
export function volumesOf(body: EngineBody): readonly string[] {
  const spec = at(body.value, ["TaskTemplate", "ContainerSpec"]);
  const config = at(body.value, ["HostConfig"]);
  const binds = at(config, ["Binds"]);
  const mounts = at(body.kind === "service-spec" ? spec : config, ["Mounts"]);
  const bound = (isList(binds) ? binds : []).map((bind) =>
    typeof bind === "string" ? VOLUME_BIND.exec(bind)?.[1] : undefined,
  );
  const mounted = (isList(mounts) ? mounts : []).map((mount) => {
    const source = at(mount, ["Type"]) === "volume" ? at(mount, ["Source"]) : undefined;
    return typeof source === "string" && source !== "" ? source : undefined;
  });
  return [...bound, ...mounted].filter((name) => name !== undefined);
}
