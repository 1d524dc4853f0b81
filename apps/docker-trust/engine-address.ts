import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { JsonError, readJson, type JsonValue } from "#domain/json";
import { failure } from "./errors.ts";
import type { Session } from "./session.ts";

const maxBytes = 1_048_576;
const standard = "unix:///var/run/docker.sock";

/** Where docker's engine listens: `-H`, `DOCKER_HOST`, else the context in use. Throws `docker-trust/failed`. */
export async function engineAddress(session: Session): Promise<string> {
  const { globals, world } = session;
  const host = globals.texts("host").at(-1) || undefined;
  if (host !== undefined) return host;
  const named = globals.text("context");
  if (named === "" && world.env["DOCKER_HOST"]) return world.env["DOCKER_HOST"];
  const context = named || world.env["DOCKER_CONTEXT"] || (await currentContext(session));
  return context === "" || context === "default" ? standard : await contextHost(session, context);
}

/** The path of the engine's socket. Throws `docker-trust/failed` for an engine that has none. */
export function socketPathOf(address: string): string {
  if (address.startsWith("unix://")) return address.slice("unix://".length);
  throw failure(
    `the engine at ${address} has no socket on this machine, and images are pushed through one only: push the image with docker push, and sign it with countersign sign`,
  );
}

async function currentContext({ configDirectory }: Session): Promise<string> {
  return textIn(await jsonFile(join(configDirectory, "config.json")), ["currentContext"]) ?? "";
}

async function contextHost({ configDirectory }: Session, name: string): Promise<string> {
  const folder = createHash("sha256").update(name).digest("hex");
  const meta = await jsonFile(join(configDirectory, "contexts/meta", folder, "meta.json"));
  const host = textIn(meta, ["Endpoints", "docker", "Host"]);
  if (host === undefined || host === "")
    throw failure(`context "${name}": context not found: no engine is known by that name`);
  return host;
}

async function jsonFile(path: string): Promise<JsonValue | undefined> {
  try {
    return readJson(await readFile(path), { maxBytes });
  } catch (error) {
    if (error instanceof JsonError) return undefined; // whoever needs it to sign in says so
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}

function textIn(value: JsonValue | undefined, path: readonly string[]): string | undefined {
  let at: unknown = value;
  for (const name of path) {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, name)) return undefined;
    at = Reflect.get(at, name);
  }
  return typeof at === "string" ? at : undefined;
}
