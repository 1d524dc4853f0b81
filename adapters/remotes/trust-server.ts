import { JsonError, readJson } from "#domain/json";
import type { Clock, Options } from "#domain/kernel";
import type { Gun } from "#domain/oci";
import { parsePublicKey, TufError, type PublicKey, type RoleName } from "#domain/tuf";
import type { MetadataSource } from "#services/reader";
import { TrustServerError, type ChangeFeed, type TrustServer } from "#services/signer";
import { below, parseAddress } from "./address.ts";
import { feedIn, maxFeedBytes } from "./change-feed.ts";
import { createAuthorizer } from "./authorize.ts";
import type { ProxyVariables } from "./connections.ts";
import type { AskCredentials } from "./credentials.ts";
import type { RemoteAnswer, Request } from "./exchange.ts";
import { createHttpClient } from "./http-client.ts";
import { defaultLimits, type Limits } from "./limits.ts";
import { multipartOf } from "./multipart.ts";
import { maxRejectionBytes } from "./rejection.ts";
import type { TlsSettings } from "./tls.ts";
import { failureOf, refusalOf } from "./trust-server-faults.ts";
import { sourceOf } from "./trust-files.ts";

export type TrustServerSettings = {
  /** `https://host`, with port and path where it has them. */
  readonly url: string;
  /** Takes an `http://` address too: anybody on the way can then read tokens and hold answers back. */
  readonly allowPlainHttp?: boolean;
  readonly tls?: TlsSettings;
  /** The environment, for the proxies that it names; default none. */
  readonly proxy?: ProxyVariables;
  /** Asked once at most, and not before the server refuses somebody who says no name, where `actions` is `pull`. */
  readonly credentials?: AskCredentials;
};

export type TrustServerOptions = {
  readonly clock: Clock;
  readonly limits?: Partial<Limits>;
  /** What is going to be done: what tokens are asked for. `*` for rotating keys of the server and for deleting. */
  readonly actions: "pull" | "push,pull" | "*";
  /** Default: where `actions` is `pull`. */
  readonly anonymousFirst?: boolean;
};

/** A connection to a Notary v1 server, for reading and for changing. Throws `TrustServerError`, of reading too. */
export type TrustServerConnection = MetadataSource &
  TrustServer &
  ChangeFeed & {
    /** Whether it is there at all (`GET /v2/`, 5 seconds). Throws `trust-server/unreachable` or `/unexpected`. */
    ping(o: Options): Promise<void>;
    close(): Promise<void>;
  };

const maxKeyBytes = 262_144;
const maxPingBytes = 65_536;

/**
 * Connects to a trust server. Throws `remotes/address-invalid`; `remotes/tls-invalid` comes with the first
 * request. When a publish fails with `trust-server/unreachable`, the server may have taken it all the same.
 */
export function createTrustServer(
  settings: TrustServerSettings,
  { clock, limits, actions, anonymousFirst = actions === "pull" }: TrustServerOptions,
): TrustServerConnection {
  const { allowPlainHttp: allowPlain = false, tls = {} } = settings;
  const base = parseAddress(settings.url, allowPlain);
  const most = { ...defaultLimits, ...limits };
  const http = createHttpClient({ tls, clock, proxy: settings.proxy, limits: most });
  const credentials = settings.credentials ?? (() => Promise.resolve(undefined));
  const authorizer = createAuthorizer({ http, credentials, clock, allowPlain });

  const ask = async (
    gun: Gun,
    path: string,
    { search = "", ...request }: Omit<Request, "url"> & { readonly search?: string },
    o: Options,
  ): Promise<RemoteAnswer> => {
    const url = below(base, `/v2/${gun}/_trust/${path}`);
    url.search = search;
    const wanted = { scope: `repository:${gun}:${actions}`, anonymousFirst };
    const once = (headers: Readonly<Record<string, string>>): Promise<RemoteAnswer> =>
      http.ask({ ...request, url, headers: { ...request.headers, ...headers } }, o);
    return await authorizer.send(wanted, once, o).catch((cause: unknown) => {
      throw failureOf(cause);
    });
  };
  const serverKey = async (
    method: "GET" | "POST",
    gun: Gun,
    role: RoleName,
    o: Options,
  ): Promise<PublicKey> => {
    const answer = await ask(gun, `tuf/${role}.key`, { method, maxBytes: maxKeyBytes }, o);
    if (answer.status !== 200) throw refusalOf(answer);
    return keyIn(answer.body);
  };

  return {
    ...sourceOf(async (gun, name, maxBytes, o) => {
      const answer = await ask(gun, `tuf/${name}.json`, { maxBytes }, o);
      if (answer.status === 404) return undefined;
      if (answer.status !== 200) throw refusalOf(answer);
      return answer.body;
    }),
    async publish(gun, files, o) {
      const { body, contentType } = multipartOf(files);
      const headers = { "content-type": contentType };
      const request = { method: "POST", headers, body, maxBytes: maxRejectionBytes } as const;
      const answer = await ask(gun, "tuf/", request, o);
      if (answer.status !== 200) throw refusalOf(answer);
    },
    async changes(gun, { before = "-1", limit }, o) {
      const search = `change_id=${encodeURIComponent(before)}&records=-${limit}`;
      const answer = await ask(gun, "changefeed", { search, maxBytes: maxFeedBytes }, o);
      if (answer.status === 404) return undefined;
      if (answer.status !== 200) throw refusalOf(answer);
      try {
        return feedIn(answer.body);
      } catch (cause) {
        throw failureOf(cause);
      }
    },
    key: (gun, role, o) => serverKey("GET", gun, role, o),
    rotateKey: (gun, role, o) => serverKey("POST", gun, role, o),
    async remove(gun, o) {
      const answer = await ask(gun, "tuf/", { method: "DELETE", maxBytes: maxRejectionBytes }, o);
      if (answer.status !== 200) throw refusalOf(answer);
    },
    async ping(o) {
      const request = { url: below(base, "/v2/"), maxBytes: maxPingBytes, withinMs: most.pingMs };
      const answer = await http.ask(request, o).catch((cause: unknown) => {
        throw failureOf(cause);
      });
      authorizer.learn(answer.headers.get("www-authenticate"));
      const { status } = answer;
      if (status !== 401 && (status < 200 || status > 299)) throw refusalOf(answer);
    },
    close: () => Promise.resolve(http.close()),
  };
}

function keyIn(body: Uint8Array): PublicKey {
  try {
    return parsePublicKey(readJson(body, { maxBytes: maxKeyBytes }));
  } catch (cause) {
    if (!(cause instanceof TufError || cause instanceof JsonError)) throw cause;
    const what = "the server's answer is no key";
    throw new TrustServerError("trust-server/unexpected", what, { cause, status: 200 });
  }
}
