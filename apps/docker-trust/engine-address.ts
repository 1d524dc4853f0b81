import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { saying } from "#apps/drop-in";
import type { EngineAddress, EngineTls } from "#adapters/docker";
import { JsonError, readJson, type JsonValue } from "#domain/json";
import { failure } from "./errors.ts";
import type { Session } from "./session.ts";

export type FoundEngine = {
  /** As docker writes it: `unix:///var/run/docker.sock`. */
  readonly shown: string;
  readonly address: EngineAddress;
};

const maxBytes = 1_048_576;
const standard = "unix:///var/run/docker.sock";

/** Where docker's engine listens: `-H`, `DOCKER_HOST`, else the context in use. Throws `docker-trust/failed`. */
export async function findEngine(session: Session): Promise<FoundEngine> {
  const { globals, world } = session;
  const context = globals.text("context");
  const host = globals.texts("host").at(-1) || (context === "" && world.env["DOCKER_HOST"]);
  if (host) return found(host, await tlsOfFlags(session));
  const name = context || world.env["DOCKER_CONTEXT"] || (await currentContext(session));
  if (name === "" || name === "default") return found(standard, await tlsOfFlags(session));
  return await ofContext(session, name);
}

function found(shown: string, tls: EngineTls | undefined): FoundEngine {
  const url = URL.parse(shown);
  if (url?.protocol === "unix:")
    return { shown, address: { socketPath: decodeURIComponent(url.pathname) } };
  if (url?.protocol !== "tcp:" || url.hostname === "")
    throw failure(
      `the engine at ${shown} cannot be asked from here: countersign sign signs what the registry has already`,
    );
  const port = url.port === "" ? (tls === undefined ? 2_375 : 2_376) : Number(url.port);
  const at = { host: url.hostname.replace(/^\[(.*)\]$/, "$1"), port };
  return { shown, address: tls === undefined ? at : { ...at, tls } };
}

/** TLS as docker's flags and variables have it; undefined where none is asked for. */
async function tlsOfFlags(session: Session): Promise<EngineTls | undefined> {
  const { globals, world, configDirectory } = session;
  const { env, workingDirectory } = world;
  const verifies = globals.isSet("tlsverify") || !!env["DOCKER_TLS_VERIFY"];
  if (!verifies && !globals.isSet("tls") && !env["DOCKER_TLS"]) return undefined;
  const folder = env["DOCKER_CERT_PATH"] || configDirectory;
  const path = (flag: string, name: string): string =>
    resolve(workingDirectory, globals.text(flag) || join(folder, name));
  return await tlsFrom(
    {
      ca: path("tlscacert", "ca.pem"),
      cert: path("tlscert", "cert.pem"),
      key: path("tlskey", "key.pem"),
    },
    { skipVerification: !verifies },
  );
}

async function tlsFrom(
  files: { readonly ca: string; readonly cert: string; readonly key: string },
  more: EngineTls,
): Promise<EngineTls> {
  const ca = await textFile(files.ca);
  const certificate = await textFile(files.cert);
  const key = await textFile(files.key);
  return {
    ...more,
    ...(ca === undefined ? {} : { ca }),
    ...(certificate === undefined || key === undefined ? {} : { certificate, key }),
  };
}

async function currentContext({ configDirectory }: Session): Promise<string> {
  const name = valueIn(await jsonFile(join(configDirectory, "config.json")), ["currentContext"]);
  return typeof name === "string" ? name : "";
}

async function ofContext({ configDirectory }: Session, name: string): Promise<FoundEngine> {
  const folder = createHash("sha256").update(name).digest("hex");
  const contexts = join(configDirectory, "contexts");
  const meta = await jsonFile(join(contexts, "meta", folder, "meta.json"));
  const host = valueIn(meta, ["Endpoints", "docker", "Host"]);
  if (typeof host !== "string" || host === "")
    throw failure(`context "${name}": context not found: no engine is known by that name`);
  const at = (file: string): string => join(contexts, "tls", folder, "docker", file);
  const skipVerification = valueIn(meta, ["Endpoints", "docker", "SkipTLSVerify"]) === true;
  const files = { ca: at("ca.pem"), cert: at("cert.pem"), key: at("key.pem") };
  const tls = await tlsFrom(files, { skipVerification });
  const isSecure = skipVerification || tls.ca !== undefined || tls.certificate !== undefined;
  return found(host, isSecure ? tls : undefined);
}

async function textFile(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw failure(saying(error), error);
  }
}

async function jsonFile(path: string): Promise<JsonValue | undefined> {
  const text = await textFile(path);
  try {
    return text === undefined ? undefined : readJson(Buffer.from(text), { maxBytes });
  } catch (error) {
    if (error instanceof JsonError) return undefined; // whoever needs it to sign in says so
    throw error;
  }
}

function valueIn(value: JsonValue | undefined, path: readonly string[]): unknown {
  let at: unknown = value;
  for (const name of path) {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, name)) return undefined;
    at = Reflect.get(at, name);
  }
  return at;
}
