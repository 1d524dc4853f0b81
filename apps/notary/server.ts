import { createTrustServer, type Credentials, type TlsSettings } from "#adapters/remotes";
import type { TrustServerConnection, TrustServerOptions } from "#adapters/remotes";
import type { World } from "#apps/drop-in";
import type { Config } from "./config.ts";
import { failure } from "./errors.ts";
import { readNamed } from "./named-file.ts";

const ADDRESS = /^https?:\/\/([^/?#@]+)/i;

/** The server's host and port, as they stand in its address. */
export function hostOf(server: string): string {
  return ADDRESS.exec(server)?.[1] ?? server;
}

/** Connects to the trust server; nothing is sent yet. Throws `notary/failed` for an address or TLS files that are of no use. */
export async function connect(
  world: World,
  config: Config,
  actions: TrustServerOptions["actions"],
): Promise<TrustServerConnection> {
  const { server } = config;
  if (!ADDRESS.test(server) || URL.parse(server) === null)
    throw failure(`Trust server url has to be in the form of http(s)://URL:PORT. Got: ${server}`);
  return createTrustServer(
    {
      url: server,
      allowPlainHttp: true,
      tls: await tlsOf(world, config),
      credentials: () => askCredentials(world),
    },
    { clock: world.clock, actions },
  );
}

async function tlsOf(world: World, config: Config): Promise<TlsSettings> {
  const { ca, certificate, key, skipVerification } = config;
  if ((certificate === undefined) !== (key === undefined))
    throw failure("either pass both client key and cert, or neither");
  const from = async (path: string, before: string): Promise<string> =>
    (await readNamed(world, path, `unable to configure TLS: ${before}: `)).toString();
  const authority = ca && (await from(ca, `could not read CA certificate "${ca}"`));
  if (authority !== undefined && !authority.includes("-----BEGIN CERTIFICATE-----"))
    throw failure(
      `unable to configure TLS: failed to append certificates from PEM file: "${String(ca)}"`,
    );
  const client =
    certificate === undefined || key === undefined
      ? undefined
      : {
          certificate: await from(certificate, "Could not load X509 key pair"),
          key: await from(key, "Could not load X509 key pair"),
        };
  return {
    ...(authority === undefined ? {} : { ca: authority }),
    ...(client === undefined ? {} : { client }),
    ...(skipVerification ? { skipVerification } : {}),
  };
}

/** Who we are: `NOTARY_AUTH`, else a question. */
async function askCredentials(world: World): Promise<Credentials | undefined> {
  const given = world.env["NOTARY_AUTH"];
  if (given !== undefined && given !== "") {
    const [username = "", ...rest] = Buffer.from(given, "base64").toString("utf8").split(":");
    if (rest.length === 0) throw failure("NOTARY_AUTH is not user:password in base64");
    return username === "" ? undefined : { username, password: rest.join(":") };
  }
  world.out("Enter username: ");
  const username = (await world.input.line())?.trim() ?? "";
  if (username === "") return undefined;
  world.out("Enter password: ");
  const { isTerminal } = world.input;
  const password = (await (isTerminal ? world.input.secret() : world.input.line())) ?? "";
  world.out("\n");
  return { username, password };
}
