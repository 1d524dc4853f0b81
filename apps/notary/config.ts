import { readFile } from "node:fs/promises";
import { dirname, extname, isAbsolute, join, resolve } from "node:path";
import { JsonError, readJson } from "#domain/json";
import { saying, type World } from "#apps/drop-in";
import { failure } from "./errors.ts";
import type { Invocation } from "./invocation.ts";
import { pinningOf, type Pinning } from "./pinning.ts";

/** What a command is to work with: the flags, then the configuration file, then the defaults. */
export type Config = {
  /** Absolute. */
  readonly trustDirectory: string;
  /** As it was given: it is looked at only by commands that talk to a server. */
  readonly server: string;
  /** Absolute paths. */
  readonly ca: string | undefined;
  readonly certificate: string | undefined;
  readonly key: string | undefined;
  readonly skipVerification: boolean;
  readonly pinning: Pinning;
};

const defaultServer = "https://notary-server:4443";
const maxBytes = 1_048_576;

/** Reads the configuration file where there is one, and puts the flags above it. Throws `notary/failed`. */
export async function readConfig({ world, flags }: Invocation): Promise<Config> {
  const named = flags.text("configFile");
  const file =
    named === ""
      ? await defaultFile(world)
      : await opened(resolve(world.workingDirectory, expanded(named, world)));
  const remote = section(file.settings, "remote_server");
  const fromFlag = (name: string): string | undefined => {
    const given = flags.text(name);
    return given === "" ? undefined : resolve(world.workingDirectory, expanded(given, world));
  };
  const fromFile = (name: string): string | undefined => {
    const given = text(remote, name);
    if (given === "") return undefined;
    const path = expanded(given, world);
    return isAbsolute(path) ? path : join(file.directory, path);
  };
  const directory =
    [flags.text("trustDir"), text(file.settings, "trust_dir")].find((given) => given !== "") ??
    "~/.notary";
  const server = [flags.text("server"), text(remote, "url")].find((given) => given !== "");
  return {
    trustDirectory: resolve(world.workingDirectory, expanded(directory, world)),
    server: server ?? defaultServer,
    ca: fromFlag("tlscacert") ?? fromFile("root_ca"),
    certificate: fromFlag("tlscert") ?? fromFile("tls_client_cert"),
    key: fromFlag("tlskey") ?? fromFile("tls_client_key"),
    skipVerification: isTrue(remote.get("skiptlsverify")),
    pinning: pinningOf(section(file.settings, "trust_pinning"), world),
  };
}

/** A table of the file, its keys in lower case: they know no case. What they hold is left as it is. */
export type Settings = ReadonlyMap<string, unknown>;

type ConfigFile = { readonly settings: Settings; readonly directory: string };

async function defaultFile(world: World): Promise<ConfigFile> {
  const directory = join(world.homeDirectory, ".notary");
  for (const name of ["config.json", "config.toml", "config.yaml", "config.yml"])
    try {
      return await read(join(directory, name));
    } catch (error) {
      if (!isAbsent(error)) throw unusable(error);
    }
  return { settings: new Map(), directory };
}

async function opened(path: string): Promise<ConfigFile> {
  try {
    return await read(path);
  } catch (error) {
    throw unusable(error);
  }
}

async function read(path: string): Promise<ConfigFile> {
  const kind = extname(path).slice(1).toLowerCase();
  if (!["json", "toml", "yaml", "yml"].includes(kind))
    throw failure(`Unsupported Config Type "${kind}"`);
  const bytes = await readFile(path);
  if (bytes.length > maxBytes) throw failure("it is too large to be a configuration file");
  const settings = lowered(await parsed(kind, bytes));
  return { settings, directory: dirname(path) };
}

async function parsed(kind: string, bytes: Uint8Array): Promise<unknown> {
  if (kind === "json") return fromJson(bytes);
  const text = new TextDecoder().decode(bytes);
  if (kind === "toml") return await fromToml(text);
  const { fromYaml } = await import("./config-yaml.ts");
  return fromYaml(text);
}

function fromJson(bytes: Uint8Array): unknown {
  try {
    return readJson(bytes, { maxBytes });
  } catch (error) {
    if (error instanceof JsonError) throw failure(`While parsing config: ${error.message}`, error);
    throw error;
  }
}

async function fromToml(text: string): Promise<unknown> {
  const { parse, TomlError } = await import("smol-toml");
  try {
    return parse(text);
  } catch (error) {
    if (error instanceof TomlError)
      throw failure(`While parsing config: ${error.message.split("\n", 1)[0] ?? ""}`, error);
    throw error;
  }
}

function unusable(error: unknown): Error {
  return failure(`error opening config file: ${saying(error)}`, error);
}

function isAbsent(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}

function lowered(value: unknown): Settings {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return new Map();
  return new Map(Object.entries(value).map(([key, held]) => [key.toLowerCase(), held]));
}

function section(settings: Settings, name: string): Settings {
  return lowered(settings.get(name));
}

function text(settings: Settings, name: string): string {
  const value = settings.get(name);
  return typeof value === "string" ? value : "";
}

/** As lenient as the Notary client: `true`, `"true"`, 1. */
function isTrue(value: unknown): boolean {
  return ["true", "1", "t"].includes(String(value).toLowerCase());
}

function expanded(path: string, world: World): string {
  return path === "~" || path.startsWith("~/") ? join(world.homeDirectory, path.slice(1)) : path;
}
