import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { z } from "zod";
import { CliError } from "./errors.ts";
import type { World } from "./world.ts";

const GlobalOptions = z.object({
  server: z.string().optional(),
  ca: z.string().optional(),
  format: z.enum(["text", "json"]).default("text"),
  quiet: z.boolean().default(false),
  yes: z.boolean().default(false),
});

/** How this call of the command reaches the server and speaks to its user. */
export type Config = {
  /** `https://localhost:8443`, without a slash at its end. */
  readonly server: string;
  /** `only`: the one CA that counts, as asked for. `also`: found in the data directory, beside the system's own. */
  readonly ca: { readonly file: string; readonly counts: "only" | "also" } | undefined;
  readonly token: string | undefined;
  readonly credentialsFile: string;
  readonly format: "text" | "json";
  readonly quiet: boolean;
  readonly yes: boolean;
  readonly colour: boolean;
};

/** Puts options, environment and defaults together, in this order. Throws `cli/usage`. */
export function readConfig(options: unknown, world: World): Config {
  const given = GlobalOptions.parse(options);
  const { env } = world;
  const configDirectory = env["XDG_CONFIG_HOME"] || join(world.homeDirectory, ".config");
  return Object.freeze({
    server: serverAddress(given.server ?? (env["COUNTERSIGN_SERVER"] || "https://localhost:8443")),
    ca: findCa(given.ca, world),
    token: env["COUNTERSIGN_TOKEN"] || undefined,
    credentialsFile: join(configDirectory, "countersign", "credentials.json"),
    format: given.format,
    quiet: given.quiet,
    yes: given.yes,
    colour: world.terminal.takesColour && !env["NO_COLOR"],
  });
}

function serverAddress(text: string): string {
  const address = URL.parse(text.includes("://") ? text : `https://${text}`);
  const isPlain =
    address?.protocol === "https:" && address.pathname === "/" && address.search === "";
  if (!isPlain)
    throw new CliError(
      "cli/usage",
      `${text} is not the address of a server`,
      "write it as https://host:port",
    );
  return address.origin;
}

function findCa(option: string | undefined, world: World): Config["ca"] {
  const asked = option ?? (world.env["COUNTERSIGN_CA"] || undefined);
  if (asked !== undefined) return { file: resolve(world.workingDirectory, asked), counts: "only" };
  const dataDirectory = world.env["COUNTERSIGN_DATA"] || ".countersign";
  const found = resolve(world.workingDirectory, dataDirectory, "ca.pem");
  return existsSync(found) ? { file: found, counts: "also" } : undefined;
}
