import type { Options } from "#domain/kernel";
import type { Challenge } from "./challenge.ts";
import { basicHeader, type Credentials } from "./credentials.ts";
import { RemoteError } from "./errors.ts";
import type { Request } from "./exchange.ts";
import type { HttpClient } from "./http-client.ts";
import { jsonObject, textOf } from "./json.ts";

export type Token = { readonly header: string; readonly seconds: number };
type Bearer = Extract<Challenge, { kind: "bearer" }>;

const maxTokenBytes = 65_536;
const leastSeconds = 60;

/**
 * Asks a token server (Docker token authentication) for a token of `scope`; undefined where it refuses who we
 * are. Throws a `RemoteError` for every other answer that is no token.
 */
export async function askToken(
  http: HttpClient,
  asked: {
    readonly challenge: Bearer;
    readonly scope: string;
    readonly credentials: Credentials | undefined;
  },
  o: Options,
): Promise<Token | undefined> {
  const { challenge, scope, credentials } = asked;
  const terms = { challenge, scope };
  const request =
    credentials?.identityToken === undefined
      ? withPassword(terms, credentials)
      : withIdentity(terms, credentials.identityToken);
  const answer = await http.ask(request, o);
  if (answer.status === 401 || answer.status === 403) return undefined;
  if (answer.status === 400 && credentials?.identityToken !== undefined) return undefined; // RFC 6749, 5.2
  if (answer.status !== 200)
    throw unexpected(`the token server answered ${answer.status}`, { status: answer.status });
  return tokenIn(answer.body);
}

type Terms = { readonly challenge: Bearer; readonly scope: string };

function withPassword({ challenge, scope }: Terms, credentials: Credentials | undefined): Request {
  const url = new URL(challenge.realm);
  if (challenge.service !== undefined) url.searchParams.set("service", challenge.service);
  // What we ask is ours to say: a scope in the challenge is not.
  url.searchParams.delete("scope");
  for (const one of scope.split(" ")) url.searchParams.append("scope", one);
  if (credentials !== undefined && credentials.username !== "")
    url.searchParams.set("account", credentials.username);
  const basic = basicHeader(credentials);
  return {
    url,
    maxBytes: maxTokenBytes,
    headers: basic === undefined ? {} : { authorization: basic },
  };
}

function withIdentity({ challenge, scope }: Terms, identityToken: string): Request {
  const form = new URLSearchParams({
    client_id: "docker",
    grant_type: "refresh_token",
    refresh_token: identityToken,
    scope,
    ...(challenge.service === undefined ? {} : { service: challenge.service }),
  });
  return {
    method: "POST",
    url: challenge.realm,
    maxBytes: maxTokenBytes,
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: Buffer.from(form.toString()),
  };
}

function tokenIn(body: Uint8Array): Token {
  const read = jsonObject(body, maxTokenBytes);
  const text = textOf(read?.["token"]) ?? textOf(read?.["access_token"]);
  const seconds = read?.["expires_in"] ?? 0;
  if (text === undefined || typeof seconds !== "number" || seconds < 0)
    throw unexpected("the token server's answer is no token");
  // What cannot stand in a header would end it, and begin another one.
  if (!/^[\x21-\x7e]+$/.test(text)) throw unexpected("the token cannot be sent");
  return { header: `Bearer ${text}`, seconds: Math.max(seconds, leastSeconds) };
}

function unexpected(
  what: string,
  options: ErrorOptions & { readonly status?: number } = {},
): RemoteError {
  return new RemoteError("remotes/answer-unexpected", what, options);
}
