import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { OciError, parseRegistryHost } from "#domain/oci";
import { parse as parseToml } from "smol-toml";
import { z } from "zod";
import { ServerError } from "./errors.ts";
import { Secret } from "./secret.ts";

const HostPort = z
  .string()
  .regex(/^(?:[^:\s/]+|\[[0-9a-fA-F:]+\]):\d{1,5}$/, "host:port")
  .transform((text) => {
    const colon = text.lastIndexOf(":");
    return {
      host: text.slice(0, colon).replaceAll(/[[\]]/g, ""),
      port: Number(text.slice(colon + 1)),
    };
  });

const Host = z.string().transform((text, context) => {
  try {
    return parseRegistryHost(text);
  } catch (error) {
    if (!(error instanceof OciError)) throw error;
    context.addIssue({ code: "custom", message: "a host name, with :port where it is not 443" });
    return z.NEVER;
  }
});

const Config = z.strictObject({
  /** The registry's address in every image name. Part of all that is signed: set it once. */
  host: Host.prefault("localhost:8443"),
  /** Where the registry, trust server, REST API and web pages listen. */
  listen: HostPort.prefault("127.0.0.1:8443"),
  /** The Docker API gateway's address as users write it, and where it listens. */
  gatewayHost: z.string().default("localhost:2376"),
  gatewayListen: HostPort.prefault("127.0.0.1:2376"),
  dataDirectory: z.string().default("./.countersign"),
  /** Socket of the Docker engine behind the gateway; `none` runs without one. */
  engine: z
    .string()
    .regex(/^(?:unix:\/\/\/.+|none)$/, "unix:///path/of/the/socket, or none")
    .default("unix:///var/run/docker.sock"),
  /** The secret that this engine's node and we share, where the node is guarded. Empty: it is not. */
  engineSecretFile: z.string().default(""),
  /** Folder with the built web pages; empty: those that come with the program. */
  webDirectory: z.string().default(""),
  /** Where the first admin's password is written, once. Empty: into the data directory. */
  firstPasswordFile: z.string().default(""),
  /** 32 random bytes that encrypt the keys at rest. Empty: made in the data directory. */
  masterKeyFile: z.string().default(""),
  /** The master key that is to come, where it is handed out by somebody else. Empty: made beside the one in use. */
  nextMasterKeyFile: z.string().default(""),
  logLevel: z.enum(["debug", "info", "warn", "error"]).default("info"),
  /** How many processes serve; 0: one a core, eight at most. */
  processes: z
    .union([
      z.int(),
      z
        .string()
        .regex(/^\d{1,2}$/, "a number")
        .transform(Number),
    ])
    .pipe(z.int().min(0).max(64))
    .default(0),
  drainSeconds: z.int().min(0).max(600).default(10),
});
export type Config = Readonly<z.infer<typeof Config>> & {
  /** The master key itself, from the environment, in place of a file. */
  readonly masterKey: Secret | undefined;
};

const masterKeyVariable = "COUNTERSIGN_MASTER_KEY";

/** Environment variables, each in place of one key of the file. */
export const variables = {
  COUNTERSIGN_HOST: "host",
  COUNTERSIGN_LISTEN: "listen",
  COUNTERSIGN_GATEWAY_HOST: "gatewayHost",
  COUNTERSIGN_GATEWAY_LISTEN: "gatewayListen",
  COUNTERSIGN_DATA: "dataDirectory",
  COUNTERSIGN_ENGINE: "engine",
  COUNTERSIGN_ENGINE_SECRET_FILE: "engineSecretFile",
  COUNTERSIGN_WEB: "webDirectory",
  COUNTERSIGN_FIRST_PASSWORD_FILE: "firstPasswordFile",
  COUNTERSIGN_MASTER_KEY_FILE: "masterKeyFile",
  COUNTERSIGN_NEXT_MASTER_KEY_FILE: "nextMasterKeyFile",
  COUNTERSIGN_LOG_LEVEL: "logLevel",
  COUNTERSIGN_PROCESSES: "processes",
} as const satisfies Record<string, keyof Config>;

export type Environment = Readonly<Record<string, string | undefined>>;

/** Reads the TOML file that `COUNTERSIGN_CONFIG` names, if any, then the environment over it. Throws `server/config-invalid`. */
export function readConfig(env: Environment): Config {
  const file = env["COUNTERSIGN_CONFIG"];
  const fromFile = file === undefined || file === "" ? {} : readToml(file);
  const fromEnvironment = Object.entries(variables).flatMap(([name, key]) => {
    const value = env[name];
    return value === undefined || value === "" ? [] : [[key, value] as const];
  });
  const read = Config.safeParse({ ...fromFile, ...Object.fromEntries(fromEnvironment) });
  if (!read.success)
    throw new ServerError("server/config-invalid", describe(read.error), { cause: read.error });
  const masterKey = takeMasterKey(env);
  if (masterKey !== undefined && read.data.masterKeyFile !== "")
    throw new ServerError(
      "server/config-invalid",
      `both ${masterKeyVariable} and a master key file are given: give one`,
    );
  const dataDirectory = resolve(read.data.dataDirectory);
  return Object.freeze({ ...read.data, dataDirectory, masterKey });
}

/**
 * The one secret that the environment may hold itself: a file is better, since whoever may look at a process
 * sees its environment. It is taken away from there, so that no child of ours inherits it.
 */
function takeMasterKey(env: Environment): Secret | undefined {
  const text = env[masterKeyVariable];
  delete process.env[masterKeyVariable];
  if (text === undefined || text === "") return undefined;
  const bytes = Buffer.from(text, "base64");
  if (bytes.length !== 32 || bytes.toString("base64") !== text.trim())
    throw new ServerError(
      "server/config-invalid",
      `${masterKeyVariable} is not the base64 of 32 bytes`,
    );
  return new Secret(bytes);
}

/** The configuration in force, as text. Secrets are files, named here, or hidden. */
export function printConfig(config: Config): string {
  return `${JSON.stringify(config, null, 2)}\n`;
}

function readToml(file: string): Readonly<Record<string, unknown>> {
  try {
    return parseToml(readFileSync(file, "utf8"));
  } catch (cause) {
    throw new ServerError(
      "server/config-invalid",
      `the configuration file ${file} cannot be read`,
      { cause },
    );
  }
}

function describe(error: z.ZodError): string {
  const lines = error.issues.map(
    (issue) => `${issue.path.join(".") || "configuration"}: ${issue.message}`,
  );
  return `the configuration is not valid: ${lines.join("; ")}`;
}
