import type { Stopper, StopOutcome } from "#services/gatekeeper";
import type { JsonObject, JsonValue } from "#domain/json";
import type { Options } from "#domain/kernel";
import { readAnswer, refused } from "./ask.ts";
import type { Engine } from "./ports.ts";

type Asked = Pick<Engine, "relay" | "inspectService">;

/**
 * Stops what runs so that the engine does not start it again: a container loses its restart policy first, a service is
 * scaled to no task, for a task that is stopped comes back at once. Its specification stays otherwise, so that who
 * scales it up again has it back.
 */
export function stopperOf(engine: Asked): Stopper {
  return {
    stop: ({ kind, id }, o) =>
      kind === "service" ? stopService(engine, id, o) : stopContainer(engine, id, o),
  };
}

async function stopContainer(engine: Asked, id: string, o: Options): Promise<StopOutcome> {
  const place = `/containers/${encodeURIComponent(id)}`;
  const update = { RestartPolicy: { Name: "no" } };
  const updated = await post(engine, `${place}/update`, update, o);
  if (updated === 404) return { kind: "stood-still" };
  const status = await post(engine, `${place}/stop`, undefined, o);
  return { kind: status === 304 || status === 404 ? "stood-still" : "stopped" };
}

async function stopService(engine: Asked, id: string, o: Options): Promise<StopOutcome> {
  const service = await engine.inspectService(id, o);
  if (service === undefined) return { kind: "stood-still" };
  const replicated = member(member(service.spec, "Mode"), "Replicated");
  if (replicated === undefined)
    return { kind: "not-stopped", why: "a global service has no number of tasks: remove it" };
  if (member(replicated, "Replicas") === 0) return { kind: "stood-still" };
  const spec = { ...service.spec, Mode: { Replicated: { Replicas: 0 } } };
  const target = `/services/${encodeURIComponent(id)}/update?version=${service.versionIndex}`;
  await post(engine, target, spec, o);
  return { kind: "stopped" };
}

function member(value: JsonValue | undefined, name: string): JsonValue | undefined {
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  return isObject ? (value as JsonObject)[name] : undefined;
}

/** The status; 304 and 404 are answers, any other failure is a throw. */
async function post(
  engine: Asked,
  target: string,
  body: JsonObject | undefined,
  o: Options,
): Promise<number> {
  const bytes = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
  const headers = {
    "content-length": String(bytes?.length ?? 0),
    ...(bytes === undefined ? {} : { "content-type": "application/json" }),
  };
  const call = { method: "POST", target, headers, ...(bytes === undefined ? {} : { body: bytes }) };
  const answer = await engine.relay(call, o);
  const text = await readAnswer(answer);
  if (answer.status < 300 || answer.status === 304 || answer.status === 404) return answer.status;
  throw refused(answer.status, text);
}
