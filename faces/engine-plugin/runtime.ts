import { at, readEngineBody } from "#domain/engine-api";
import type { Options } from "#domain/kernel";
import { refuse, type Exchange, type Refusal } from "#faces/gateway";
import type { AuthzCall } from "./authz-call.ts";
import type { EnginePluginParts } from "./ports.ts";

const starting: ReadonlySet<string> = new Set([
  "/containers/{id}/start",
  "/containers/{id}/restart",
  "/containers/{id}/unpause",
]);

/** A container with another runtime than the guard would start without being judged: whoever asks, no. */
export async function refuseOtherRuntime(
  call: AuthzCall,
  { asked }: Exchange,
  { engine, settings }: EnginePluginParts,
  o: Options,
): Promise<Refusal | undefined> {
  const { path } = asked.operation;
  if (path === "/containers/create") {
    const type = call.headers.get("content-type");
    const body = readEngineBody("container-create", type, call.body ?? new Uint8Array());
    return refuseNamed(at(body.value, ["HostConfig", "Runtime"]), settings.runtime, "");
  }
  if (!starting.has(path)) return undefined;
  const found = await engine.inspectContainer(asked.name ?? "", o);
  return found === undefined
    ? undefined
    : refuseNamed(found.hostConfig["Runtime"], settings.runtime, "; create the container anew");
}

function refuseNamed(runtime: unknown, guard: string, hint: string): Refusal | undefined {
  if (runtime === undefined || runtime === null || runtime === "" || runtime === guard)
    return undefined;
  const name = typeof runtime === "string" ? JSON.stringify(runtime.slice(0, 60)) : "that";
  return refuse(403, `the runtime ${name} is not the guard (${guard}), and is refused here${hint}`);
}
