import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import type { JsonObject } from "#domain/json";
import type { Options } from "#domain/kernel";
import type { Credentials } from "./credentials.ts";
import { askHelper, type Environment } from "./credential-helper.ts";
import { RemoteError } from "./errors.ts";
import { jsonObject, objectOf, textOf } from "./json.ts";

export type DockerCredentialsSettings = {
  /** Docker's configuration folder: `DOCKER_CONFIG`, or `.docker` at home. */
  readonly directory: string;
  /** For the programs that keep credentials: at least `PATH` and `HOME`. */
  readonly env: Environment;
  /** As `config.json`, and looked at before it: `DOCKER_AUTH_CONFIG`. */
  readonly inline?: string;
};

const maxConfigBytes = 1_048_576;
const hubHosts: ReadonlySet<string> = new Set(["docker.io", "index.docker.io"]);
const hubKey = "https://index.docker.io/v1/";

/**
 * Who we are to the registry at `host`, as the Docker client would say: from its `config.json` or from the
 * program that this names. Undefined where nobody signed in there. Throws `remotes/credentials-broken`; no
 * error says a secret.
 */
export async function dockerCredentials(
  host: string,
  settings: DockerCredentialsSettings,
  o: Options,
): Promise<Credentials | undefined> {
  const key = hubHosts.has(host) ? hubKey : host;
  if (settings.inline !== undefined && settings.inline !== "") {
    const read = readConfig(Buffer.from(settings.inline), "DOCKER_AUTH_CONFIG");
    const found = inFile(read, key);
    if (found !== undefined) return found;
  }
  const bytes = await fileBytes(join(settings.directory, "config.json"), o);
  if (bytes === undefined) return undefined;
  const config = readConfig(bytes, "docker's config.json");
  const helper =
    textOf(objectOf(config["credHelpers"])?.[key]) ?? textOf(config["credsStore"]) ?? "";
  return helper === "" ? inFile(config, key) : await askHelper(helper, key, settings.env, o);
}

async function fileBytes(path: string, { signal }: Options): Promise<Uint8Array | undefined> {
  try {
    const { size } = await stat(path);
    if (size > maxConfigBytes) throw broken("docker's config.json is too large");
    return await readFile(path, { signal });
  } catch (cause) {
    signal.throwIfAborted();
    if (cause instanceof RemoteError) throw cause;
    const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw broken("docker's config.json cannot be read");
  }
}

function readConfig(bytes: Uint8Array, what: string): JsonObject {
  const config = jsonObject(bytes, maxConfigBytes);
  if (config === undefined) throw broken(`${what} is not a JSON object`);
  return config;
}

function inFile(config: JsonObject, key: string): Credentials | undefined {
  const auths = objectOf(config["auths"]) ?? {};
  const name = Object.hasOwn(auths, key)
    ? key
    : Object.keys(auths).find((written) => hostIn(written) === hostIn(key));
  const entry = name === undefined ? undefined : objectOf(auths[name]);
  return entry === undefined ? undefined : entryCredentials(entry);
}

/** Older clients wrote whole addresses. */
function hostIn(key: string): string {
  return key.replace(/^https?:\/\//, "").replace(/\/.*$/s, "");
}

function entryCredentials(entry: JsonObject): Credentials | undefined {
  const auth = textOf(entry["auth"]) ?? "";
  const written = auth === "" ? undefined : decoded(auth);
  const username = written?.username ?? textOf(entry["username"]) ?? "";
  const password = written?.password ?? textOf(entry["password"]) ?? "";
  const identityToken = textOf(entry["identitytoken"]) ?? "";
  if (identityToken !== "") return { username, password: "", identityToken };
  return username === "" ? undefined : { username, password };
}

function decoded(auth: string): { readonly username: string; readonly password: string } {
  const isBase64 = /^[A-Za-z0-9+/]+={0,2}$/.test(auth);
  const text = isBase64 ? Buffer.from(auth, "base64").toString("utf8") : "";
  const colon = text.indexOf(":");
  if (colon <= 0) throw broken("docker's config.json has an entry that cannot be read");
  return {
    username: text.slice(0, colon),
    password: text.slice(colon + 1).replace(/\0+$/, ""),
  };
}

function broken(what: string): RemoteError {
  return new RemoteError("remotes/credentials-broken", what);
}
