import type { Clock, Options } from "#domain/kernel";
import type { Gun } from "#domain/oci";
import { rootRole, timestampRole, type RoleName } from "#domain/tuf";
import type { RemoteSettings, RemoteSource } from "#services/reader";
import { createAuthorizer } from "./authorize.ts";
import { RemoteError } from "./errors.ts";
import { createHttpsGet, defaultLimits, type Limits, type RemoteAnswer } from "./https-get.ts";

const mebibyte = 1_048_576;

/** The most bytes of a file whose length nobody announced. */
function maxUnannounced(role: RoleName): number {
  return role === timestampRole || role === rootRole ? mebibyte : 100 * mebibyte;
}

export type RemoteOptions = {
  readonly clock: Clock;
  readonly limits?: Partial<Limits>;
};

/**
 * A Notary v1 server elsewhere, over HTTPS. Only 404 says that something is not there; whatever else is no
 * file is a throw: refused, redirected, broken, slow.
 */
export function createRemoteSource(
  settings: RemoteSettings,
  { clock, limits }: RemoteOptions,
): RemoteSource {
  const https = createHttpsGet(settings.ca, { ...defaultLimits, ...limits }, clock);
  const authorizer = createAuthorizer({ https, credentials: settings.credentials, clock });

  const ask = (
    url: URL,
    authorization: string | undefined,
    maxBytes: number,
    o: Options,
  ): Promise<RemoteAnswer> =>
    https.get({ url, maxBytes, headers: authorization === undefined ? {} : { authorization } }, o);

  const file = async (
    gun: Gun,
    name: string,
    maxBytes: number,
    o: Options,
  ): Promise<Uint8Array | undefined> => {
    const url = new URL(`${settings.trustServer}/v2/${gun}/_trust/tuf/${name}.json`);
    const first = await ask(url, authorizer.known(gun), maxBytes, o);
    if (first.status !== 401) return contentOf(first);
    const challenge = first.headers.get("www-authenticate");
    const authorization = await authorizer.answer(challenge, gun, o);
    return contentOf(await ask(url, authorization, maxBytes, o));
  };

  return {
    current: (gun, role, o) => file(gun, role, maxUnannounced(role), o),
    byChecksum: (gun, role, sha256, o) =>
      file(gun, `${role}.${sha256}`, Math.min(o.maxBytes ?? Infinity, maxUnannounced(role)), o),
    byVersion: (gun, role, version, o) => file(gun, `${version}.${role}`, maxUnannounced(role), o),
    close: () => https.close(),
  };
}

function contentOf({ status, body }: RemoteAnswer): Uint8Array | undefined {
  if (status === 200) return body;
  if (status === 404) return undefined;
  if (status === 401 || status === 403)
    throw new RemoteError("remotes/not-authorized", "the server does not let us read");
  throw new RemoteError("remotes/answer-unexpected", `the server answered ${status}`);
}
