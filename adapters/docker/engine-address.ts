import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { JsonError, readJson, type JsonValue } from "#domain/json";
import { EngineAddressError } from "./errors.ts";
import type { EngineAddress, EngineTls } from "./transport.ts";

/** What tells the docker command which engine to ask. */
export type DockerSettings = {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** `~/.docker`, or what stands for it. */
  readonly configDirectory: string;
  readonly flags?: DockerFlags;
};

/** Docker's own flags; paths are absolute, and what is empty was not given. */
export type DockerFlags = {
  readonly host?: string | undefined;
  readonly context?: string;
  readonly tls?: boolean;
  readonly tlsVerify?: boolean;
  readonly ca?: string | undefined;
  readonly certificate?: string | undefined;
  readonly key?: string | undefined;
};

export type FoundEngine = {
  /** As docker writes it: `unix:///var/run/docker.sock`. */
  readonly shown: string;
  readonly address: EngineAddress;
};

type TlsFiles = { readonly ca: string; readonly certificate: string; readonly key: string };

const usual = "unix:///var/run/docker.sock";
const maxBytes = 1_048_576;

/**
 * The engine that docker would ask: the flag's, else that of DOCKER_HOST, else that of the context in use, else the
 * one behind the usual socket. Throws `docker/address-unusable`, `/context-unknown` or `/file-unreadable`.
 */
export async function findEngine(settings: DockerSettings): Promise<FoundEngine> {
  const { env, configDirectory, flags = {} } = settings;
  const host = flags.host || (flags.context ? undefined : env["DOCKER_HOST"]);
  if (host) return found(host, await tlsAsked(settings));
  const context = flags.context || env["DOCKER_CONTEXT"] || (await currentContext(configDirectory));
  if (context === "" || context === "default") return found(usual, await tlsAsked(settings));
  return await ofContext(configDirectory, context);
}

function found(shown: string, tls: EngineTls | undefined): FoundEngine {
  const url = URL.parse(shown);
  if (url?.protocol === "unix:")
    return { shown, address: { socketPath: decodeURIComponent(url.pathname) } };
  if (url === null || !["tcp:", "http:", "https:"].includes(url.protocol) || url.hostname === "")
    throw new EngineAddressError(
      "docker/address-unusable",
      `the engine at ${shown} is reached in a way that is not known here`,
    );
  const isSecure = tls !== undefined || url.protocol === "https:";
  const port = url.port === "" ? (isSecure ? 2_376 : 2_375) : Number(url.port);
  const at = { host: url.hostname.replace(/^\[(.*)\]$/, "$1"), port };
  return { shown, address: isSecure ? { ...at, tls: tls ?? {} } : at };
}

/** TLS as docker's flags and variables have it; undefined where none is asked for. */
async function tlsAsked({
  env,
  configDirectory,
  flags = {},
}: DockerSettings): Promise<EngineTls | undefined> {
  const verifies = flags.tlsVerify === true || !!env["DOCKER_TLS_VERIFY"];
  if (!verifies && flags.tls !== true && !env["DOCKER_TLS"]) return undefined;
  const folder = filesIn(env["DOCKER_CERT_PATH"] || configDirectory);
  const files = {
    ca: flags.ca || folder.ca,
    certificate: flags.certificate || folder.certificate,
    key: flags.key || folder.key,
  };
  return await tlsFrom(files, { skipVerification: !verifies });
}

function filesIn(folder: string): TlsFiles {
  const at = (name: string): string => join(folder, name);
  return { ca: at("ca.pem"), certificate: at("cert.pem"), key: at("key.pem") };
}

async function tlsFrom(files: TlsFiles, more: EngineTls): Promise<EngineTls> {
  const ca = await textFile(files.ca);
  const certificate = await textFile(files.certificate);
  const key = await textFile(files.key);
  return {
    ...more,
    ...(ca === undefined ? {} : { ca }),
    ...(certificate === undefined || key === undefined ? {} : { certificate, key }),
  };
}

async function currentContext(configDirectory: string): Promise<string> {
  const name = valueIn(await jsonFile(join(configDirectory, "config.json")), ["currentContext"]);
  return typeof name === "string" ? name : "";
}

async function ofContext(configDirectory: string, name: string): Promise<FoundEngine> {
  const id = createHash("sha256").update(name).digest("hex");
  const contexts = join(configDirectory, "contexts");
  const meta = await jsonFile(join(contexts, "meta", id, "meta.json"));
  const engine = ["Endpoints", "docker"];
  if (valueIn(meta, engine) === undefined)
    throw new EngineAddressError("docker/context-unknown", `docker has no context ${name}`);
  const host = valueIn(meta, [...engine, "Host"]);
  const skipVerification = valueIn(meta, [...engine, "SkipTLSVerify"]) === true;
  const tls = await tlsFrom(filesIn(join(contexts, "tls", id, "docker")), { skipVerification });
  const isSecure = skipVerification || tls.ca !== undefined || tls.certificate !== undefined;
  return found(typeof host === "string" && host !== "" ? host : usual, isSecure ? tls : undefined);
}

/** Undefined where there is none. */
async function textFile(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw new EngineAddressError("docker/file-unreadable", `${path} cannot be read`, { cause });
  }
}

async function jsonFile(path: string): Promise<JsonValue | undefined> {
  const text = await textFile(path);
  try {
    return text === undefined ? undefined : readJson(text, { maxBytes });
  } catch (error) {
    if (error instanceof JsonError) return undefined; // docker itself says what is wrong with it
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
