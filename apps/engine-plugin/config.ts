import { readFileSync } from "node:fs";
import { OciError, parseRegistryHost } from "#domain/oci";
import { parse, stringify, TomlError } from "smol-toml";
import { z } from "zod";
import { NodeError } from "./errors.ts";

const Path = z.string().regex(/^\/[^\0]*$/, "an absolute path");
const Host = z.string().transform((text, context) => {
  try {
    return parseRegistryHost(text);
  } catch (error) {
    if (!(error instanceof OciError)) throw error;
    context.addIssue({ code: "custom", message: "a host name, with :port where it is not 443" });
    return z.NEVER;
  }
});

const NodeConfig = z.strictObject({
  /** Where the Countersign server answers: `https://countersign.lab:8443`. */
  server: z.url({ protocol: /^https$/ }),
  /** The registry's host, by which the server knows that a proof is for it. */
  registry: Host,
  /** PEM of the server's authority; without it the system's are believed. */
  caFile: Path.optional(),
  /** PEM of the node's own P-256 key. */
  keyFile: Path,
  engineSocket: Path.default("/run/docker.sock"),
  /** Where the engine keeps its containers and images. */
  engineData: Path.default("/var/lib/docker"),
  pluginSocket: Path.default("/run/docker/plugins/countersign.sock"),
  guardSocket: Path.default("/run/countersign/guard.sock"),
  /** The guard's name among the engine's runtimes. */
  runtime: z
    .string()
    .regex(/^[\w-]{1,40}$/)
    .default("countersign"),
  stateDirectory: Path.default("/var/lib/countersign-node"),
  /** How old a verdict may be that stands in while the server is away. */
  stalenessSeconds: z
    .int()
    .min(0)
    .max(30 * 86_400)
    .default(3_600),
  /** How long one question to the server may take. */
  askSeconds: z.number().min(0.1).max(15).default(5),
  /** What calls that reach the engine directly may do. */
  local: z
    .enum(["view-only", "restricted-control", "full-control", "admin"])
    .default("restricted-control"),
  /** Whether builds that reach the engine directly may pass; what they run cannot be judged. */
  allowBuilds: z.boolean().default(false),
  /** The secret by which this node knows a gateway in front of its engine; the server reads the same file. */
  gatewaySecretFile: Path.optional(),
});
export type NodeConfig = Readonly<z.infer<typeof NodeConfig>>;

/** Reads the node's TOML file; unknown keys are refused. Throws `node/config-invalid` or `node/file-unreadable`. */
export function readNodeConfig(file: string): NodeConfig {
  return parseNodeConfig(readNodeFile(file), file);
}

export function parseNodeConfig(text: string, file: string): NodeConfig {
  try {
    return Object.freeze(NodeConfig.parse(parse(text)));
  } catch (cause) {
    if (cause instanceof TomlError)
      throw new NodeError("node/config-invalid", `${file} is not TOML`, { cause });
    if (!(cause instanceof z.ZodError)) throw cause;
    const [issue] = cause.issues;
    const where = issue?.path.join(".") ?? "";
    throw new NodeError("node/config-invalid", `${file}: ${where} ${issue?.message ?? ""}`, {
      cause,
    });
  }
}

/** The text of a node's configuration. Throws `node/config-invalid`. */
export function writeNodeConfig(config: z.input<typeof NodeConfig>): string {
  const text = `${stringify(config)}\n`;
  parseNodeConfig(text, "the configuration");
  return text;
}

/** Throws `node/file-unreadable`. */
export function readNodeFile(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new NodeError("node/file-unreadable", `${file} cannot be read`, { cause });
  }
}
