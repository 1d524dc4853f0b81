import type { JsonObject } from "#domain/json";
import type { EngineBody } from "./body.ts";
import { isOneOf } from "./harmless.ts";
import { at, isList, isObject } from "./json-path.ts";

/** With it a bridge of the host's own takes containers in. */
const bridgeName = "com.docker.network.bridge.name";

/** Settings of a new network that reach the host: macvlan and its like stand on an interface of the host. */
export function inNetwork(body: JsonObject): readonly string[] {
  const options = body["Options"];
  return [
    ...(isOneOf("", "bridge", "overlay")(body["Driver"]) ? [] : ["Driver"]),
    ...(isObject(options) && bridgeName in options ? [`Options.${bridgeName}`] : []),
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
