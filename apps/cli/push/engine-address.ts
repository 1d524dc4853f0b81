import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { EngineAddress, EngineTls } from "#adapters/docker";
import { JsonError, readJson } from "#domain/json";
import { CliError } from "../errors.ts";
import type { World } from "../world.ts";

const DockerConfig = z.object({ currentContext: z.string().optional() });
const Context = z.object({
  Endpoints: z.object({
    docker: z.object({ Host: z.string().optional(), SkipTLSVerify: z.boolean().optional() }),
  }),
});

const defaultSocket = "unix:///var/run/docker.sock";
const maxBytes = 1_048_576;

/**
 * The engine that docker would ask: DOCKER_HOST with its TLS variables, else the context of DOCKER_CONTEXT or of
 * docker's configuration, else the usual socket. Throws `cli/usage` for one that cannot be asked from here.
 */
export async function engineAddress(world: World): Promise<EngineAddress> {
  const { env, homeDirectory } = world;
  const config = env["DOCKER_CONFIG"] || join(homeDirectory, ".docker");
  const host = env["DOCKER_HOST"];
  if (host) return addressOf(host, await tlsOfEnvironment(world, config));
  const context = env["DOCKER_CONTEXT"] || (await currentContext(config));
  if (context === undefined || context === "" || context === "default")
    return addressOf(defaultSocket, await tlsOfEnvironment(world, config));
  return await contextAddress(config, context);
}

function addressOf(host: string, tls: EngineTls | undefined): EngineAddress {
  const url = URL.parse(host);
  if (url?.protocol === "unix:") return { socketPath: decodeURIComponent(url.pathname) };
  const isPort =
    url?.protocol === "tcp:" || url?.protocol === "https:" || url?.protocol === "http:";
  if (url !== null && isPort && url.hostname !== "") {
    const isSecure = tls !== undefined || url.protocol === "https:";
    const port = url.port === "" ? (isSecure ? 2_376 : 2_375) : Number(url.port);
    const at = { host: url.hostname.replace(/^\[(.*)\]$/, "$1"), port };
    return isSecure ? { ...at, tls: tls ?? {} } : at;
  }
  throw new CliError(
    "cli/usage",
    "the Docker engine is reached in a way that is not known here",
    "docker save IMAGE | countersign push IMAGE --from docker-archive:-",
  );
}

async function tlsOfEnvironment(world: World, config: string): Promise<EngineTls | undefined> {
  const { env } = world;
  const verifies = !!env["DOCKER_TLS_VERIFY"];
  if (!verifies && !env["DOCKER_TLS"]) return undefined;
  return await tlsIn(env["DOCKER_CERT_PATH"] || config, { skipVerification: !verifies });
}

async function tlsIn(
  folder: string,
  { skipVerification }: { readonly skipVerification: boolean },
): Promise<EngineTls> {
  const [ca, certificate, key] = await Promise.all(
    ["ca.pem", "cert.pem", "key.pem"].map((name) => readIfThere(join(folder, name))),
  );
  return {
    skipVerification,
    ...(ca === undefined ? {} : { ca }),
    ...(certificate === undefined || key === undefined ? {} : { certificate, key }),
  };
}

async function currentContext(config: string): Promise<string | undefined> {
  const text = await readIfThere(join(config, "config.json"));
  return text === undefined ? undefined : shaped(text, DockerConfig)?.currentContext;
}

async function contextAddress(config: string, name: string): Promise<EngineAddress> {
  const id = createHash("sha256").update(name).digest("hex");
  const text = await readIfThere(join(config, "contexts/meta", id, "meta.json"));
  const found = text === undefined ? undefined : shaped(text, Context)?.Endpoints.docker;
  if (found === undefined)
    throw new CliError(
      "cli/usage",
      `docker has no context ${name}`,
      "docker context ls shows those that are there; or set DOCKER_HOST",
    );
  const { Host: host, SkipTLSVerify: skipVerification = false } = found;
  const tls = await tlsIn(join(config, "contexts/tls", id, "docker"), { skipVerification });
  const isSecure = tls.ca !== undefined || tls.key !== undefined || skipVerification;
  return addressOf(host || defaultSocket, isSecure ? tls : undefined);
}

function shaped<Schema extends z.ZodType>(
  text: string,
  schema: Schema,
): z.infer<Schema> | undefined {
  try {
    return schema.safeParse(readJson(text, { maxBytes })).data;
  } catch (error) {
    if (error instanceof JsonError) return undefined; // docker itself says what is wrong with it
    throw error;
  }
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw new CliError("cli/file-unreadable", `${path} cannot be read`, undefined, {
      cause: error,
    });
  }
}
