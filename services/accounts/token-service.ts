import { createPublicKey, randomUUID, type KeyObject } from "node:crypto";
import { errors, jwtVerify, SignJWT } from "jose";
import { z } from "zod";
import {
  actionsOf,
  parseAccountName,
  rightOn,
  type AccountName,
  type RightOnRepository,
} from "#domain/identity";
import { CodedError, type Clock, type Instant, type Options } from "#domain/kernel";
import {
  namespaceOf,
  parseRepositoryName,
  type RegistryHost,
  type RepositoryName,
  type Scope,
} from "#domain/oci";
import { AccountsError } from "./errors.ts";
import { rememberedGrants, type RememberedGrant } from "./remembered-grants.ts";
import type { Credentials, PasswordCheck } from "./passwords.ts";
import type { PeopleCache } from "./people-view.ts";
import type { RepositoryVisibility } from "./ports.ts";
import { sessionTokenIn, type Sessions } from "./sessions.ts";
import type { Grant, TokenVerifier } from "./tokens.ts";

export type TokenRequest = {
  /** Absent for somebody who does not say who they are. A session's token may stand in for the password: `session:<token>`. */
  readonly credentials?: Credentials;
  readonly scopes: readonly Scope[];
  /** The audience that the client was told to ask for. */
  readonly service: string;
};
export type IssuedToken = Grant & {
  readonly token: string;
  readonly issuedAt: Instant;
  readonly expiresInSeconds: number;
};

export type Tokens = TokenVerifier & {
  /**
   * A bearer token for as much of `scopes` as the account may do now; scopes of which nothing is left are
   * not in it. Throws as the check of a password does, or `accounts/service-unknown`.
   */
  issue(request: TokenRequest, o: Options): Promise<IssuedToken>;
  /** What an account, or with `undefined` anybody, may do with a repository now. */
  rightOn(
    account: AccountName | undefined,
    repository: RepositoryName,
    o: Options,
  ): Promise<RightOnRepository>;
};

const ttlSeconds = 600;
const algorithm = "ES256";
const maxTokenCharacters = 16_384;
const Claims = z.object({
  sub: z.string().transform(parseAccountName).optional(),
  exp: z.number(),
  nbf: z.number(),
  access: z
    .array(
      z.object({
        type: z.enum(["repository", "registry"]),
        name: z.string(),
        actions: z.array(z.enum(["pull", "push", "delete", "*"])),
      }),
    )
    .max(100),
});

export function createTokens(parts: {
  readonly passwords: PasswordCheck;
  readonly sessions: Pick<Sessions, "session">;
  readonly people: PeopleCache;
  readonly visibility: RepositoryVisibility;
  readonly clock: Clock;
  /** A P-256 private key. Whoever has it can make tokens. */
  readonly tokenKey: KeyObject;
  /** Also the issuer and the one service that tokens are for. */
  readonly registryHost: RegistryHost;
}): Tokens {
  const { passwords, sessions, people, visibility, clock, tokenKey, registryHost } = parts;
  const publicKey = createPublicKey(tokenKey);
  const remembered = rememberedGrants();

  async function currentRight(
    account: AccountName | undefined,
    repository: RepositoryName,
    o: Options,
  ): Promise<RightOnRepository> {
    const view = await people.current(o);
    const isPublic = await visibility.isPublic(repository, o);
    return rightOn(view.subject(account), { namespace: namespaceOf(repository), isPublic });
  }

  async function granted(
    account: AccountName | undefined,
    scope: Scope,
    o: Options,
  ): Promise<Scope> {
    if (scope.type === "registry") {
      const isAdmin = (await people.current(o)).subject(account).isAdmin;
      const isCatalog = scope.name === "catalog" && scope.actions.has("*");
      return { ...scope, actions: new Set(isAdmin && isCatalog ? ["*" as const] : []) };
    }
    const repository = repositoryOf(scope.name, registryHost);
    const right = repository === undefined ? "none" : await currentRight(account, repository, o);
    const allowed = actionsOf(right);
    // Who asks for everything gets all they may do, as the notary client expects of a rotation.
    const actions = scope.actions.has("*") ? allowed : scope.actions.intersection(allowed);
    return { ...scope, actions: new Set(actions) };
  }

  /** A session that is over is no wrong password: nothing is counted, and nobody is locked out by it. */
  async function accountOf(credentials: Credentials, o: Options): Promise<AccountName> {
    const token = sessionTokenIn(credentials);
    if (token === undefined) return (await passwords.check(credentials, o)).name;
    const user = (await sessions.session(token, o))?.user;
    if (user?.name !== credentials.username)
      throw new AccountsError("accounts/credentials-wrong", "the session is over, or another's");
    return user.name;
  }

  return {
    rightOn: currentRight,

    async issue({ credentials, scopes, service }, o) {
      if (service !== String(registryHost))
        throw new AccountsError("accounts/service-unknown", service.slice(0, 80));
      const account = credentials && (await accountOf(credentials, o));
      const all: Scope[] = [];
      for (const scope of scopes) all.push(await granted(account, scope, o));
      const left = all.filter((scope) => scope.actions.size > 0);
      const issuedAt = clock();
      const seconds = Math.floor(issuedAt / 1_000);
      const access = left.map(({ type, name, actions }) => ({ type, name, actions: [...actions] }));
      const claims = new SignJWT({ access })
        .setProtectedHeader({ alg: algorithm, typ: "JWT" })
        .setIssuer(registryHost)
        .setAudience(registryHost)
        .setIssuedAt(seconds)
        .setNotBefore(seconds)
        .setExpirationTime(seconds + ttlSeconds)
        .setJti(randomUUID());
      if (account !== undefined) claims.setSubject(account);
      const token = await claims.sign(tokenKey);
      return { account, scopes: left, token, issuedAt, expiresInSeconds: ttlSeconds };
    },

    async verify(token, o) {
      const found = remembered.get(token, clock()) ?? (await remember(token));
      const { account } = found.given;
      const view = await people.current(o);
      if (account !== undefined && view.subject(account).account === undefined)
        throw invalid(`${account} is not active`);
      if (found.still?.version !== view.version)
        found.still = { grant: await stillGranted(found.given, o), version: view.version };
      return found.still.grant;
    },
  };

  /** Clients send one token with many requests: its signature is checked with the first. */
  async function remember(token: string): Promise<RememberedGrant> {
    const { sub: account, access, exp, nbf } = await read(token);
    const scopes = access.map((scope) => ({ ...scope, actions: new Set(scope.actions) }));
    const lasts = { fromMs: nbf * 1_000, untilMs: exp * 1_000 };
    const grant: RememberedGrant = { given: { account, scopes }, still: undefined, ...lasts };
    remembered.set(token, grant);
    return grant;
  }

  /** Who left a team does not keep its rights for as long as a token lasts. */
  async function stillGranted({ account, scopes }: Grant, o: Options): Promise<Grant> {
    const still: Scope[] = [];
    for (const scope of scopes) still.push(await granted(account, scope, o));
    return { account, scopes: still.filter(({ actions }) => actions.size > 0) };
  }

  async function read(token: string): Promise<z.infer<typeof Claims>> {
    if (token.length > maxTokenCharacters) throw invalid("the token is too long");
    try {
      const { payload } = await jwtVerify(token, publicKey, {
        algorithms: [algorithm],
        typ: "JWT",
        issuer: registryHost,
        audience: registryHost,
        requiredClaims: ["exp", "nbf", "iat", "jti"],
        currentDate: new Date(clock()),
      });
      return Claims.parse(payload);
    } catch (cause) {
      const isExpected =
        cause instanceof errors.JOSEError ||
        cause instanceof z.ZodError ||
        cause instanceof CodedError;
      if (!isExpected) throw cause;
      throw invalid("the token is not ours, or no longer good", cause);
    }
  }
}

/** The repository that a scope names: bare for the registry, with our own host before it for the trust server. */
function repositoryOf(name: string, host: RegistryHost): RepositoryName | undefined {
  const ours = `${host}/`;
  try {
    return parseRepositoryName(name.startsWith(ours) ? name.slice(ours.length) : name);
  } catch (error) {
    if (error instanceof CodedError) return undefined;
    throw error;
  }
}

function invalid(message: string, cause?: unknown): AccountsError {
  return new AccountsError("accounts/token-invalid", message, { cause });
}
