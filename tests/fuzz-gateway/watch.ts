import { request } from "node:http";
import { formatQuery } from "#domain/engine-api";
import type { Ground } from "./requests.ts";
import type { Value } from "./spell.ts";

type Json = Readonly<Record<string, unknown>>;
type Container = Json & {
  readonly Id: string;
  readonly Names: readonly string[];
  readonly ImageID: string;
  readonly Image: string;
};
type Service = {
  readonly ID: string;
  readonly Version: { readonly Index: number };
  readonly Spec: Value & { readonly TaskTemplate: Json & { readonly ContainerSpec?: Json } };
};

/** What the engine itself says, asked past the gateway. */
export type Watch = {
  /** What is there and should not be. */
  violations(traps: readonly string[]): Promise<readonly string[]>;
  /** How much was made that may run. */
  readonly made: { containers: number; services: number };
  /** Takes away what was made, all but the traps. */
  clear(traps: readonly string[]): Promise<void>;
  services(): Promise<Ground["services"]>;
  ask(
    method: string,
    path: string,
    body?: unknown,
  ): Promise<{ readonly status: number; readonly text: string; readonly json: unknown }>;
};

export function createWatch(
  socketPath: string,
  admitted: {
    readonly imageIds: ReadonlySet<string>;
    readonly references: ReadonlySet<string>;
    readonly neverHere: string;
  },
): Watch {
  const ask = askOf(socketPath);
  const list = async <Item>(path: string): Promise<readonly Item[]> => {
    const { json } = await ask("GET", path);
    return Array.isArray(json) ? (json as Item[]) : [];
  };
  const containers = (): Promise<readonly Container[]> => list<Container>("/containers/json?all=1");
  const services = (): Promise<readonly Service[]> => list<Service>("/services");
  const made = { containers: 0, services: 0 };
  const ofContainer = async (container: Container): Promise<readonly string[]> => {
    made.containers += 1;
    const found: string[] = [];
    if (!admitted.imageIds.has(container.ImageID))
      found.push(
        `container ${container.Names.join()} is of ${container.ImageID} (${container.Image})`,
      );
    if (!container.Names.some((name) => name.startsWith("/limited-"))) return found;
    const { json } = await ask("GET", `/containers/${container.Id}/json`);
    const reach = reachOf((json as Json | null)?.["HostConfig"] as Json | undefined);
    return reach === undefined
      ? found
      : [...found, `a container of restricted control has ${reach}`];
  };
  const ofTrap = async (id: string): Promise<readonly string[]> => {
    const { status, json } = await ask("GET", `/containers/${id}/json`);
    if (status !== 200) return [];
    const { State, HostConfig } = json as { State: Json; HostConfig: { RestartPolicy: Json } };
    const policy = HostConfig.RestartPolicy["Name"];
    const isUntouched =
      String(State["StartedAt"]).startsWith("0001-") && (policy === "" || policy === "no");
    return isUntouched
      ? []
      : [
          `what was not signed and there before: ${String(State["Status"])}, restarts ${String(policy)}`,
        ];
  };
  let since = Date.now();
  const everTraps = new Set<string>();
  /** Containers that came and went in between: the engine keeps the last 256 events. */
  const ofEvents = async (): Promise<readonly string[]> => {
    const until = Date.now();
    const span = [`since=${(since / 1_000).toFixed(3)}`, `until=${(until / 1_000).toFixed(3)}`];
    const filters = encodeURIComponent('{"type":["container"],"event":["create","start"]}');
    const { text } = await ask("GET", `/events?${span.join("&")}&filters=${filters}`);
    since = until;
    return text.split("\n").flatMap((line) => {
      const event = tryParse(line) as {
        Action: string;
        Actor: { ID: string; Attributes: Json };
      } | null;
      if (event === null) return [];
      const image = String(event.Actor.Attributes["image"]);
      const isTrap = everTraps.has(event.Actor.ID);
      const isFine = isTrap
        ? event.Action === "create"
        : admitted.references.has(image) || admitted.imageIds.has(image);
      return isFine
        ? []
        : [`${event.Action} of a container${isTrap ? " that was there before" : ""}, of ${image}`];
    });
  };
  return {
    ask,
    made,
    services: async () =>
      (await services()).map(({ ID, Version, Spec }) => ({
        id: ID,
        version: Version.Index,
        spec: Spec,
      })),
    violations: async (traps) => {
      for (const id of traps) everTraps.add(id);
      const found: string[] = [...(await ofEvents())];
      for (const container of await containers())
        // Renamed while it was removed, a container stays in the engine's list, without name and for ever.
        if (!everTraps.has(container.Id)) found.push(...(await ofContainer(container)));
      for (const id of traps) found.push(...(await ofTrap(id)));
      for (const { ID, Spec } of await services()) {
        made.services += 1;
        const image = String(Spec.TaskTemplate.ContainerSpec?.["Image"]);
        if (!admitted.references.has(image)) found.push(`service ${ID} runs ${image}`);
      }
      const { status } = await ask("GET", `/images/${admitted.neverHere}/json`);
      if (status === 200) found.push(`${admitted.neverHere} was fetched`);
      return found;
    },
    clear: async (traps) => {
      for (const { ID } of await services()) await ask("DELETE", `/services/${ID}`);
      const gone = (await containers()).filter(({ Id }) => !traps.includes(Id));
      await Promise.all(
        gone.map(({ Id }) =>
          ask(
            "DELETE",
            `/containers/${Id}${formatQuery(
              new Map([
                ["force", ["1"]],
                ["v", ["1"]],
              ]),
            )}`,
          ),
        ),
      );
    },
  };
}

/** A way to the host that only full control may have. */
function reachOf(config: Json | undefined): string | undefined {
  const isSome = (value: unknown): boolean =>
    Array.isArray(value)
      ? value.length > 0
      : typeof value === "string"
        ? value === "host"
        : value === true;
  const names = [
    "Privileged",
    "NetworkMode",
    "PidMode",
    "IpcMode",
    "CapAdd",
    "Devices",
    "SecurityOpt",
  ];
  const name = names.find((one) => isSome(config?.[one]));
  if (name !== undefined) return name;
  const binds = config?.["Binds"];
  if (Array.isArray(binds) && binds.some((bind) => /^[./]/.test(String(bind)))) return "Binds";
  const mounts = config?.["Mounts"];
  const isBound =
    Array.isArray(mounts) && mounts.some((mount) => (mount as Json)["Type"] === "bind");
  return isBound ? "Mounts" : undefined;
}

function askOf(socketPath: string): Watch["ask"] {
  return (method, path, body) =>
    new Promise((resolve, reject) => {
      const headers = body === undefined ? {} : { "content-type": "application/json" };
      const asked = request({ socketPath, method, path, headers, agent: false }, (answer) => {
        const chunks: Buffer[] = [];
        answer.on("data", (chunk: Buffer) => chunks.push(chunk));
        answer.once("error", reject);
        answer.once("end", () => {
          const text = Buffer.concat(chunks).toString();
          resolve({ status: answer.statusCode ?? 0, text, json: tryParse(text) });
        });
      });
      asked.once("error", reject);
      asked.end(body === undefined ? undefined : JSON.stringify(body));
    });
}

/** Progress and events come as one document a line, which is no document. */
function tryParse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null; // no one document
  }
}
