import type { JsonObject, JsonValue } from "#domain/json";
import { objectOf, type EngineBody } from "./body.ts";
import { at } from "./images.ts";
import { isList, isObject } from "./spelling.ts";

/** A setting with which a container reaches the machine under it, around every check on images. */
export type HostEscape = {
  /** `HostConfig.Privileged` */
  readonly setting: string;
  /** Who may ask for it. */
  readonly needs: "full-control" | "admin";
};

/** Everything in `body` that reaches the host. Members that nobody knows count, for they might. */
export function hostEscapesOf(body: EngineBody): readonly HostEscape[] {
  const settings = [...settingsOf(body), ...body.unknownMembers];
  const escapes = settings.map((setting): HostEscape => ({ setting, needs: "full-control" }));
  const runtime = at(body.value, ["HostConfig", "Runtime"]) ?? "";
  // A runtime named in the request is one that a guard set as the engine's default does not see.
  if (body.kind !== "container-create" || runtime === "") return escapes;
  return [...escapes, { setting: "HostConfig.Runtime", needs: "admin" }];
}

function settingsOf(body: EngineBody): readonly string[] {
  switch (body.kind) {
    case "container-create":
      return inHostConfig(body.value);
    case "service-spec":
      return inServiceSpec(body.value);
    case "exec-create":
      return isFalsy(body.value["Privileged"]) ? [] : ["Privileged"];
    case "volume-create":
      return inVolume(body.value);
  }
}

type Test = (value: JsonValue | undefined) => boolean;

const isFalsy: Test = (value) => value === undefined || value === null || value === false;
const isEmpty: Test = (value) =>
  isFalsy(value) ||
  value === "" ||
  (isList(value) && value.length === 0) ||
  (isObject(value) && Object.keys(value).length === 0);
const isAbsent: Test = (value) => value === undefined || value === null;
const isOneOf =
  (...values: readonly string[]): Test =>
  (value) =>
    isAbsent(value) || (typeof value === "string" && values.includes(value));
const isNotHost: Test = (value) =>
  isAbsent(value) || (typeof value === "string" && value.trim().toLowerCase() !== "host");

/** What each setting of HostConfig may be without reaching the host. */
const harmless: ReadonlyMap<string, Test> = new Map([
  ["Privileged", isFalsy],
  ["Binds", (value) => isEmpty(value) || (isList(value) && value.every(isVolumeBind))],
  ["PidMode", isOneOf("", "private")],
  ["IpcMode", isNotHost],
  ["NetworkMode", isNotHost],
  ["UTSMode", isOneOf("")],
  ["UsernsMode", isOneOf("")],
  ["CgroupnsMode", isOneOf("", "private")],
  ["CapAdd", isEmpty],
  ["Capabilities", isEmpty],
  ["Devices", isEmpty],
  ["DeviceRequests", isEmpty],
  ["DeviceCgroupRules", isEmpty],
  ["SecurityOpt", (value) => isEmpty(value) || (isList(value) && value.every(isNoNewPrivileges))],
  ["Sysctls", isEmpty],
  ["Annotations", isEmpty],
  ["CgroupParent", isEmpty],
  ["Cgroup", isEmpty],
  ["VolumeDriver", isOneOf("", "local")],
  ["MaskedPaths", isAbsent],
  ["ReadonlyPaths", isAbsent],
]);

const isNoNewPrivileges: Test = (value) =>
  value === "no-new-privileges" ||
  value === "no-new-privileges:true" ||
  value === "no-new-privileges=true";

/** `name:/where[:how]`: a volume, not a path of the host. */
function isVolumeBind(value: JsonValue): boolean {
  return typeof value === "string" && /^[a-zA-Z0-9][\w.-]*:\//.test(value);
}

function inHostConfig(body: JsonObject): readonly string[] {
  const config = body["HostConfig"];
  const found = [...harmless]
    .filter(([name, isHarmless]) => !isHarmless(at(config, [name])))
    .map(([name]) => `HostConfig.${name}`);
  const endpoints = at(body, ["NetworkingConfig", "EndpointsConfig"]);
  const isOnHost = isObject(endpoints) && "host" in endpoints;
  return [
    ...found,
    ...(isOnHost ? ["NetworkingConfig.EndpointsConfig.host"] : []),
    ...inMounts(at(config, ["Mounts"]), "HostConfig.Mounts"),
  ];
}

function inServiceSpec(body: JsonObject): readonly string[] {
  const path = "TaskTemplate.ContainerSpec";
  const spec = at(body, ["TaskTemplate", "ContainerSpec"]);
  const tests: readonly (readonly [string, Test])[] = [
    ["CapabilityAdd", isEmpty],
    ["Sysctls", isEmpty],
    ["Privileges", isHarmlessPrivileges],
  ];
  const found = tests
    .filter(([name, isHarmless]) => !isHarmless(at(spec, [name])))
    .map(([name]) => `${path}.${name}`);
  return [...found, ...inMounts(at(spec, ["Mounts"]), `${path}.Mounts`)];
}

/** `docker service create` always writes the structure; what matters is whether it says anything. */
function isHarmlessPrivileges(value: JsonValue | undefined): boolean {
  if (!isObject(value)) return isAbsent(value);
  return Object.entries(value).every(([name, member]) =>
    name === "NoNewPrivileges" ? true : isEmpty(member),
  );
}

function inMounts(mounts: JsonValue | undefined, path: string): readonly string[] {
  if (isAbsent(mounts)) return [];
  if (!isList(mounts)) return [path];
  return mounts.flatMap((mount, index) => (isHarmlessMount(mount) ? [] : [`${path}[${index}]`]));
}

function isHarmlessMount(mount: JsonValue): boolean {
  const type = at(mount, ["Type"]);
  if (type === "tmpfs" || type === "image") return true;
  if (type !== "volume") return false;
  const source = at(mount, ["Source"]) ?? "";
  return (
    typeof source === "string" &&
    !source.includes("/") &&
    isHarmlessDriver(
      at(mount, ["VolumeOptions", "DriverConfig", "Name"]),
      at(mount, ["VolumeOptions", "DriverConfig", "Options"]),
    )
  );
}

function inVolume(body: JsonObject): readonly string[] {
  const found = isHarmlessDriver(body["Driver"], body["DriverOpts"]) ? [] : ["DriverOpts"];
  return isAbsent(body["ClusterVolumeSpec"]) ? found : [...found, "ClusterVolumeSpec"];
}

/** The local driver mounts whatever its options say, host folders and disks included; memory is harmless. */
function isHarmlessDriver(driver: JsonValue | undefined, options: JsonValue | undefined): boolean {
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

/** Settings that the engine fills in itself, so that they say nothing about who asked for what. */
const filledIn: ReadonlySet<string> = new Set([
  "HostConfig.CgroupnsMode",
  "HostConfig.MaskedPaths",
  "HostConfig.ReadonlyPaths",
]);

/** In what ways a container that exists reaches the host, by the HostConfig that the engine keeps of it. */
export function hostReachOf(storedHostConfig: JsonObject): readonly string[] {
  const settings = inHostConfig(objectOf([["HostConfig", storedHostConfig]]));
  return settings.filter((setting) => !filledIn.has(setting));
}

/** The containers whose volumes or namespaces a new one would share. */
export function containersOf(body: EngineBody): readonly string[] {
  const config = at(body.value, ["HostConfig"]);
  const volumesFrom = at(config, ["VolumesFrom"]);
  const modes = [at(config, ["NetworkMode"]), at(config, ["IpcMode"])];
  return [
    ...(isList(volumesFrom) ? volumesFrom : []).map((from) =>
      typeof from === "string" ? (from.split(":")[0] ?? "") : "",
    ),
    ...modes.flatMap((mode) =>
      typeof mode === "string" && /^container:/i.test(mode)
        ? [mode.slice("container:".length)]
        : [],
    ),
  ];
}

/** The networks that a service names, by name or id. The host's own network is an escape like any other. */
export function networksOf(body: EngineBody): readonly string[] {
  const lists = [at(body.value, ["TaskTemplate", "Networks"]), at(body.value, ["Networks"])];
  return lists.flatMap((list) =>
    (isList(list) ? list : []).flatMap((network) => {
      const target = at(network, ["Target"]);
      return typeof target === "string" && target !== "" ? [target] : [];
    }),
  );
}
