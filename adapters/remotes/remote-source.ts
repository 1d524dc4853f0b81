import type { Clock } from "#domain/kernel";
import type { RemoteSettings, RemoteSource } from "#services/reader";
import { below, parseAddress } from "./address.ts";
import { createAuthorizer } from "./authorize.ts";
import { RemoteError } from "./errors.ts";
import type { RemoteAnswer } from "./exchange.ts";
import { createHttpClient } from "./http-client.ts";
import { defaultLimits, type Limits } from "./limits.ts";
import { sourceOf } from "./trust-files.ts";

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
  const base = parseAddress(settings.trustServer);
  const http = createHttpClient({
    ...{ tls: { ca: settings.ca }, clock },
    limits: { ...defaultLimits, ...limits },
  });
  const credentials = () => Promise.resolve(settings.credentials);
  const authorizer = createAuthorizer({ http, credentials, clock });
  const source = sourceOf(async (gun, name, maxBytes, o) => {
    const url = below(base, `/v2/${gun}/_trust/tuf/${name}.json`);
    const wanted = { scope: `repository:${gun}:pull`, anonymousFirst: false };
    const once = (headers: Readonly<Record<string, string>>): Promise<RemoteAnswer> =>
      http.ask({ url, headers, maxBytes }, o);
    return contentOf(await authorizer.send(wanted, once, o));
  });
  const close = (): Promise<void> => Promise.resolve(http.close());
  return { ...source, close };
}

function contentOf({ status, body }: RemoteAnswer): Uint8Array | undefined {
  if (status === 200) return body;
  if (status === 404) return undefined;
  if (status === 401 || status === 403)
    throw new RemoteError("remotes/not-authorized", "the server does not let us read");
  throw new RemoteError("remotes/answer-unexpected", `the server answered ${status}`);
}
