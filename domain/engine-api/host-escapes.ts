import type { JsonObject, JsonValue } from "#domain/json";
import type { EngineBody } from "./body.ts";
import { isAbsent, isEmpty, isFalsy, isOneOf, type Test } from "./harmless.ts";
import { isHarmlessLog } from "./logs.ts";
import { inNetwork } from "./networks.ts";
import { at, isList, isObject, objectOf } from "./json-path.ts";
import { inVolume, isHarmlessDriver, isVolumeBind } from "./volumes.ts";

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
    case "container-update":
      return devices.filter((name) => !isEmpty(body.value[name]));
    case "service-spec":
      return inServiceSpec(body.value);
    case "exec-create":
      return isFalsy(body.value["Privileged"]) ? [] : ["Privileged"];
    case "volume-create":
      return inVolume(body.value);
    case "network-create":
      return inNetwork(body.value);
    case "other":
      return [];
  }
}

/** What `container update` has of HostConfig and engines so far pass over. */
const devices = ["CgroupParent", "Devices", "DeviceCgroupRules", "DeviceRequests"] as const;

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
  ["LogConfig", (value) => isHarmlessLog(at(value, ["Type"]), at(value, ["Config"]))],
  ["MaskedPaths", isAbsent],
  ["ReadonlyPaths", isAbsent],
]);

const isNoNewPrivileges: Test = (value) =>
  value === "no-new-privileges" ||
  value === "no-new-privileges:true" ||
  value === "no-new-privileges=true";

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
  const log = at(body, ["TaskTemplate", "LogDriver"]);
  const isLogHarmless = isHarmlessLog(at(log, ["Name"]), at(log, ["Options"]));
  return [
    ...found,
    ...(isLogHarmless ? [] : ["TaskTemplate.LogDriver"]),
    ...inMounts(at(spec, ["Mounts"]), `${path}.Mounts`),
  ];
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

/** Settings that the engine fills in itself, so that they say nothing about who asked for what. */
const filledIn: ReadonlySet<string> = new Set([
  "HostConfig.CgroupnsMode",
  "HostConfig.LogConfig",
  "HostConfig.MaskedPaths",
  "HostConfig.ReadonlyPaths",
]);

/** In what ways a container that exists reaches the host, by the HostConfig that the engine keeps of it. */
export function hostReachOf(storedHostConfig: JsonObject): readonly string[] {
  const settings = inHostConfig(objectOf([["HostConfig", storedHostConfig]]));
  return settings.filter((setting) => !filledIn.has(setting));
}
