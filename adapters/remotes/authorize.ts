import type { Clock, Instant, Options } from "#domain/kernel";
import { parseChallenge, type Challenge } from "./challenge.ts";
import { basicHeader, type AskCredentials, type Credentials } from "./credentials.ts";
import { RemoteError } from "./errors.ts";
import type { RemoteAnswer } from "./exchange.ts";
import type { HttpClient } from "./http-client.ts";
import { askToken } from "./token.ts";

/** What a token is to be good for. */
export type Wanted = {
  /** `repository:acme/web:pull`; several with a space between. */
  readonly scope: string;
  /** Asks as nobody first, and says who we are only if that is refused: what everybody may read needs no password. */
  readonly anonymousFirst: boolean;
};

/** Does what is asked with whatever a server wants to see for it. */
export type Authorizer = {
  /**
   * Sends, answers the challenge of a 401, sends again, and gives the last answer. However many ask at once,
   * one token is asked for. Throws a `RemoteError` where there is no answer to a challenge.
   */
  send(
    wanted: Wanted,
    once: (headers: Readonly<Record<string, string>>) => Promise<RemoteAnswer>,
    o: Options,
  ): Promise<RemoteAnswer>;
  /** Remembers a challenge, so that the first request brings a token already. */
  learn(challenge: string | undefined): void;
};

type Grant = {
  readonly header: string;
  readonly until: Instant;
  readonly as: "nobody" | "somebody";
  /** Whether anything was ever answered to it but a 401. */
  hasWorked: boolean;
};
type Standing = { grant: Grant | undefined; asking: Promise<Grant> | undefined };

const maxKnown = 10_000;
const marginMs = 10_000;
/** As nobody, anew as nobody, as somebody. */
const maxAnswers = 3;

/** The token handshake of Notary's and Docker's clients. Tokens are used until shortly before they end. */
export function createAuthorizer(parts: {
  readonly http: HttpClient;
  readonly credentials: AskCredentials;
  readonly clock: Clock;
  readonly allowPlain?: boolean;
}): Authorizer {
  const { http, clock, allowPlain = false } = parts;
  const standings = new Map<string, Standing>();
  let challengeSeen: Challenge | undefined;
  let credentialsAsked: Promise<Credentials | undefined> | undefined;
  const credentials = (): Promise<Credentials | undefined> =>
    (credentialsAsked ??= parts.credentials());
  // Several may wait for one token: none of them may stop it. Each request has its own deadline.
  const unstopped: Options = { signal: new AbortController().signal };

  const standingOf = ({ scope }: Wanted): Standing => {
    const known = standings.get(scope);
    if (known !== undefined) return known;
    if (standings.size >= maxKnown) standings.clear();
    const standing: Standing = { grant: undefined, asking: undefined };
    standings.set(scope, standing);
    return standing;
  };

  const tokenFor = async (
    challenge: Extract<Challenge, { kind: "bearer" }>,
    scope: string,
    as: Grant["as"],
  ): Promise<Grant> => {
    const who = as === "somebody" ? await credentials() : undefined;
    const token = await askToken(http, { challenge, scope, credentials: who }, unstopped);
    if (token !== undefined) {
      const until = clock() + token.seconds * 1_000 - marginMs;
      return { header: token.header, until, as, hasWorked: false };
    }
    if (as === "somebody" || (await credentials()) === undefined) throw refused();
    return await tokenFor(challenge, scope, "somebody");
  };

  const grantFor = async (
    { scope, anonymousFirst }: Wanted,
    failed: Grant | undefined,
    challenge: Challenge,
  ): Promise<Grant> => {
    const isWorn = failed !== undefined && (failed.hasWorked || clock() >= failed.until);
    if (failed?.as === "somebody" && !isWorn) throw refused();
    if (challenge.kind === "basic") {
      const header = basicHeader(await credentials());
      if (header === undefined) throw refused();
      return { header, until: Number.POSITIVE_INFINITY, as: "somebody", hasWorked: false };
    }
    const renewed = isWorn ? failed.as : "somebody";
    const as = failed === undefined && anonymousFirst ? "nobody" : renewed;
    if (failed?.as === "nobody" && as === "somebody" && (await credentials()) === undefined)
      throw refused();
    return await tokenFor(challenge, scope, as);
  };

  const better = async (
    wanted: Wanted,
    failed: Grant | undefined,
    challenge: Challenge,
    o: Options,
  ): Promise<Grant> => {
    const standing = standingOf(wanted);
    // Somebody else may have found a better one while we were waiting for our refusal.
    if (standing.grant !== undefined && standing.grant !== failed) return standing.grant;
    standing.asking ??= grantFor(wanted, failed, challenge)
      .then((grant) => (standing.grant = grant))
      .finally(() => (standing.asking = undefined));
    return await unlessStopped(standing.asking, o);
  };

  const first = async (wanted: Wanted, o: Options): Promise<Grant | undefined> => {
    const standing = standingOf(wanted);
    if (standing.grant !== undefined && clock() < standing.grant.until) return standing.grant;
    const ended = standing.grant;
    return challengeSeen === undefined ? undefined : await better(wanted, ended, challengeSeen, o);
  };

  return {
    learn(header) {
      challengeSeen = parseChallenge(header, allowPlain) ?? challengeSeen;
    },
    async send(wanted, once, o) {
      let grant = await first(wanted, o);
      for (let answers = 0; ; answers += 1) {
        const answer = await once(grant === undefined ? {} : { authorization: grant.header });
        if (answer.status !== 401) {
          if (grant !== undefined) grant.hasWorked = true;
          return answer;
        }
        if (answers === maxAnswers) throw refused();
        const challenge = parseChallenge(answer.headers.get("www-authenticate"), allowPlain);
        if (challenge === undefined) throw unknownChallenge();
        challengeSeen = challenge;
        grant = await better(wanted, grant, challenge, o);
      }
    },
  };
}

async function unlessStopped<Value>(work: Promise<Value>, { signal }: Options): Promise<Value> {
  signal.throwIfAborted();
  const { promise, reject } = Promise.withResolvers<never>();
  const stop = (): void => reject(signal.reason as Error);
  signal.addEventListener("abort", stop, { once: true });
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

function refused(): RemoteError {
  return new RemoteError("remotes/not-authorized", "the server does not let us do that", {
    status: 401,
  });
}

function unknownChallenge(): RemoteError {
  return new RemoteError(
    "remotes/challenge-unknown",
    "the server asks for something else than a token",
  );
}
