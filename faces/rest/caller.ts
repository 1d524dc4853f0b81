import type { IncomingMessage } from "node:http";
import type { AccountName, User } from "#domain/identity";
import type { Instant, Options } from "#domain/kernel";
import { bearerToken } from "#faces/http";
import type { AccountsService } from "#services/accounts";
import { RestError } from "./errors.ts";
import { sessionCookie } from "./session-cookie.ts";

/** Who asks, and with which session. */
export type Caller = {
  readonly user: User;
  readonly token: string;
  readonly expiresAt: Instant;
};

/** Who may call an operation at all; what they then get to see is the operation's own matter. */
export type Access =
  | "anyone"
  | "signed-in"
  | "admin"
  /** The account in the path, or an admin. */
  | "own-or-admin"
  /** Whoever could see the same through the gateway. */
  | "engine-viewer";

/** The session of a request. A header wins over the cookie, and a bad header is not made good by one. */
export async function callerOf(
  request: IncomingMessage,
  accounts: Pick<AccountsService, "session">,
  o: Options & { readonly quietly?: boolean },
): Promise<Caller | undefined> {
  const { authorization } = request.headers;
  const token = authorization === undefined ? sessionCookie(request) : bearerToken(request);
  if (token === undefined) return undefined;
  const session = await accounts.session(token, o);
  return session === undefined ? undefined : { ...session, token };
}

/** Throws `rest/not-signed-in` or `rest/forbidden`. */
export function requireAccess(
  access: Exclude<Access, "anyone">,
  caller: Caller | undefined,
  account: AccountName | undefined,
): Caller {
  if (caller === undefined) throw new RestError("rest/not-signed-in", "no session");
  if (!isAllowed(access, caller.user, account))
    throw new RestError("rest/forbidden", `${caller.user.name} is not ${access}`);
  return caller;
}

function isAllowed(
  access: Exclude<Access, "anyone">,
  user: User,
  account: AccountName | undefined,
): boolean {
  if (user.isAdmin) return true;
  switch (access) {
    case "signed-in":
      return true;
    case "admin":
      return false;
    case "own-or-admin":
      return user.name === account;
    case "engine-viewer":
      return user.permission !== "none";
  }
}

/**
 * Refuses what a page of another site made the browser send: our cookie would go with it. Programs send
 * neither header. Throws `rest/foreign-origin`.
 */
export function requireOwnOrigin(request: IncomingMessage): void {
  const { origin, host } = request.headers;
  const site = request.headers["sec-fetch-site"];
  const isOwn =
    (origin === undefined || hostOf(origin) === host?.toLowerCase()) &&
    (site === undefined || site === "same-origin" || site === "none");
  if (!isOwn) throw new RestError("rest/foreign-origin", "the request comes from another origin");
}

function hostOf(origin: string): string | undefined {
  const url = URL.parse(origin);
  return url?.protocol === "https:" ? url.host : "";
}
