import { createClient, type Client } from "#contracts";
import { readFile } from "node:fs/promises";
import { getCACertificates } from "node:tls";
import type { Config } from "./config.ts";
import { CliError } from "./errors.ts";
import { httpsFetch } from "./https-fetch.ts";

/** A connection to the server; `close` lets the process end. */
export type Connection = { readonly client: Client; readonly close: () => void };

/** A client that trusts the configured CA. Throws `cli/file-unreadable`. */
export async function connect(config: Config, token: string | undefined): Promise<Connection> {
  const { fetch, close } = httpsFetch(await trustedCertificates(config));
  const client = createClient({
    server: config.server,
    fetch,
    ...(token === undefined ? {} : { token }),
  });
  return { client, close };
}

async function trustedCertificates(config: Config): Promise<string[] | undefined> {
  if (config.ca === undefined) return undefined;
  let pem: string;
  try {
    pem = await readFile(config.ca.file, "utf8");
  } catch (cause) {
    throw new CliError(
      "cli/file-unreadable",
      `the CA file ${config.ca.file} cannot be read`,
      "name the server's ca.pem with --ca or COUNTERSIGN_CA",
      { cause },
    );
  }
  return config.ca.counts === "only" ? [pem] : [...getCACertificates("default"), pem];
}
