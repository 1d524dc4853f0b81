import { createClient, type Client } from "#contracts";
import { readFile } from "node:fs/promises";
import { getCACertificates } from "node:tls";
import { Agent, fetch as fetchOver } from "undici";
import type { Config } from "./config.ts";
import { CliError } from "./errors.ts";

const connectTimeoutMs = 10_000;
const answerTimeoutMs = 60_000;

/** A connection to the server; `close` lets the process end. */
export type Connection = { readonly client: Client; readonly close: () => Promise<void> };

/** A client that trusts the configured CA. Throws `cli/file-unreadable`. */
export async function connect(config: Config, token: string | undefined): Promise<Connection> {
  const ca = await trustedCertificates(config);
  const agent = new Agent({
    connect: { timeout: connectTimeoutMs, ...(ca === undefined ? {} : { ca }) },
    headersTimeout: answerTimeoutMs,
    bodyTimeout: answerTimeoutMs,
  });
  const send: typeof fetch = (async (input: string, init: Parameters<typeof fetchOver>[1]) =>
    await fetchOver(input, { ...init, dispatcher: agent })) as unknown as typeof fetch; // two copies of one interface
  const client = createClient({
    server: config.server,
    fetch: send,
    ...(token === undefined ? {} : { token }),
  });
  return { client, close: () => agent.destroy() };
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
