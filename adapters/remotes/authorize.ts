import { z } from "zod";
import { JsonError, readJson } from "#domain/json";
import type { Clock, Options } from "#domain/kernel";
import type { Gun } from "#domain/oci";
import { parseChallenge, type Challenge } from "./challenge.ts";
import { RemoteError } from "./errors.ts";
import type { HttpsGet } from "./https-get.ts";

export type Credentials = { readonly username: string; readonly password: string };

/** What goes into the `Authorization` header for one repository. */
export type Authorizer = {
  /** What was good before, and may be still. */
  known(gun: Gun): string | undefined;
  /** Answers the challenge of a 401. Throws a `RemoteError` when it cannot. */
  answer(challenge: string | undefined, gun: Gun, o: Options): Promise<string>;
};

const maxTokenBytes = 65_536;
const maxKnown = 10_000;
const leastSeconds = 60;
const marginMs = 10_000;

const Answer = z
  .object({
    token: z.string().min(1).optional(),
    access_token: z.string().min(1).optional(),
    expires_in: z.number().nonnegative().optional(),
  })
  .refine(({ token, access_token }) => token !== undefined || access_token !== undefined);

/** The token handshake of Notary's clients: anonymous, or with a name and password. Tokens are used until shortly before they end. */
export function createAuthorizer(parts: {
  readonly https: Pick<HttpsGet, "get">;
  readonly credentials: Credentials | undefined;
  readonly clock: Clock;
}): Authorizer {
  const { https, credentials, clock } = parts;
  const basic =
    credentials &&
    `Basic ${Buffer.from(`${credentials.username}:${credentials.password}`).toString("base64")}`;
  const known = new Map<Gun, { readonly header: string; readonly until: number }>();

  const token = async (
    { realm, service }: Extract<Challenge, { kind: "bearer" }>,
    gun: Gun,
    o: Options,
  ): Promise<string> => {
    const url = new URL(realm);
    if (service !== undefined) url.searchParams.set("service", service);
    // What we ask is ours to say: a scope in the challenge is not.
    url.searchParams.set("scope", `repository:${gun}:pull`);
    if (credentials !== undefined) url.searchParams.set("account", credentials.username);
    const headers = basic === undefined ? {} : { authorization: basic };
    const answer = await https.get({ url, headers, maxBytes: maxTokenBytes }, o);
    if (answer.status === 401 || answer.status === 403) throw refused();
    if (answer.status !== 200) throw unexpected(`the token server answered ${answer.status}`);
    const read = tokenIn(answer.body);
    const header = `Bearer ${read.token}`;
    if (known.size >= maxKnown) known.clear();
    known.set(gun, { header, until: clock() + read.seconds * 1_000 - marginMs });
    return header;
  };

  return {
    known(gun) {
      const found = known.get(gun);
      return found !== undefined && clock() < found.until ? found.header : undefined;
    },
    async answer(header, gun, o) {
      known.delete(gun);
      const challenge = parseChallenge(header);
      switch (challenge?.kind) {
        case "bearer":
          return await token(challenge, gun, o);
        case "basic":
          if (basic === undefined) throw refused();
          known.set(gun, { header: basic, until: Number.POSITIVE_INFINITY });
          return basic;
        case undefined:
          throw new RemoteError(
            "remotes/challenge-unknown",
            "the server asks for something else than a token",
          );
      }
    },
  };
}

function tokenIn(body: Uint8Array): { readonly token: string; readonly seconds: number } {
  try {
    const read = Answer.parse(readJson(body, { maxBytes: maxTokenBytes }));
    const text = read.token ?? read.access_token ?? "";
    // What cannot stand in a header would end it, and begin another one.
    if (!/^[\x21-\x7e]+$/.test(text)) throw unexpected("the token cannot be sent");
    return { token: text, seconds: Math.max(read.expires_in ?? 0, leastSeconds) };
  } catch (cause) {
    if (cause instanceof z.ZodError || cause instanceof JsonError)
      throw unexpected("the token server's answer has another shape");
    throw cause;
  }
}

function refused(): RemoteError {
  return new RemoteError("remotes/not-authorized", "the server does not let us read");
}

function unexpected(what: string): RemoteError {
  return new RemoteError("remotes/answer-unexpected", what);
}
