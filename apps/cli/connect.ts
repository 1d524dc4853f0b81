import { createClient, type Client } from "#contracts";
import { getCACertificates } from "node:tls";
import type { Config } from "./config.ts";
import { readNamedFile } from "./named-file.ts";
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
  const hint = "name the server's ca.pem with --ca or COUNTERSIGN_CA";
  const pem = await readNamedFile(config.ca.file, "the CA file", hint);
  return config.ca.counts === "only" ? [pem] : [...getCACertificates("default"), pem];
}
