import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { createTrustServer, dockerCredentials, type TlsSettings } from "#adapters/remotes";
import type { TrustServerConnection, TrustServerOptions } from "#adapters/remotes";
import type { Options } from "#domain/kernel";
import { saying } from "#apps/drop-in";
import { failure } from "./errors.ts";
import type { ImageName } from "./image-name.ts";
import type { World } from "./world.ts";

/** Where the trust data of an image is: `DOCKER_CONTENT_TRUST_SERVER`, else at its registry. */
export function trustServerUrl({ host }: ImageName, { env }: World): URL {
  const named = env["DOCKER_CONTENT_TRUST_SERVER"];
  if (named === undefined || named === "")
    return new URL(`https://${host === "docker.io" ? "notary.docker.io" : host}`);
  const url = URL.parse(named);
  if (url !== null && `${url.username}${url.password}` !== "")
    throw failure(
      "DOCKER_CONTENT_TRUST_SERVER holds an account: docker login keeps it, and the address is without",
    );
  if (url !== null && url.protocol === "https:" && url.host !== "") return url;
  throw failure(`valid https URL required for trust server, got ${named}`);
}

/** Connects to the trust server of an image; nothing is sent yet. Throws `docker-trust/failed`. */
export async function connect(
  image: ImageName,
  at: { readonly world: World; readonly configDirectory: string },
  actions: TrustServerOptions["actions"],
  o: Options,
): Promise<TrustServerConnection> {
  const { world, configDirectory: directory } = at;
  const { env, clock } = world;
  const url = trustServerUrl(image, world);
  const inline = env["DOCKER_AUTH_CONFIG"] ?? "";
  return createTrustServer(
    {
      url: url.href,
      tls: await tlsOf(join(directory, "tls", url.host), {
        // As docker does for a registry of this machine; but only where the trust server is here, too.
        skipVerification: isLoopback(image.host) && isLoopback(url.host),
      }),
      proxy: env,
      credentials: () => dockerCredentials(image.host, { directory, env, inline }, o),
    },
    { clock, actions },
  );
}

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/;

function isLoopback(host: string): boolean {
  return LOOPBACK.test(host);
}

/** Docker's files for one server: `*.crt` are authorities, `NAME.cert` and `NAME.key` are who we are. */
async function tlsOf(folder: string, more: TlsSettings): Promise<TlsSettings> {
  const names = await namesIn(folder);
  const authorities: string[] = [];
  let client: { readonly certificate: string; readonly key: string } | undefined;
  const read = (name: string): Promise<string> => readFile(join(folder, name), "utf8");
  try {
    for (const name of names.toSorted()) {
      const base = name.slice(0, name.lastIndexOf("."));
      if (name.endsWith(".crt")) authorities.push(await read(name));
      if (name.endsWith(".cert")) {
        if (!names.includes(`${base}.key`))
          throw failure(
            `missing key ${base}.key for client certificate ${name}. CA certificates must use the extension .crt`,
          );
        client = { certificate: await read(name), key: await read(`${base}.key`) };
      }
      if (name.endsWith(".key") && !names.includes(`${base}.cert`))
        throw failure(`missing client certificate ${base}.cert for key ${name}`);
    }
  } catch (error) {
    if (error instanceof Error && "syscall" in error) throw failure(saying(error), error);
    throw error;
  }
  return {
    ...more,
    ...(authorities.length === 0 ? {} : { ca: authorities.join("\n"), andSystem: true }),
    ...(client === undefined ? {} : { client }),
  };
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw failure(saying(error), error);
  }
}
