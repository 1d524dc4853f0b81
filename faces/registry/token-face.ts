import type { IncomingMessage } from "node:http";
import { OciError, parseScope, type Scope } from "#domain/oci";
import {
  get,
  HttpError,
  json,
  post,
  readBytes,
  type Context,
  type Face,
  type Reply,
} from "#faces/http";
import { AccountsError, type AccountsErrorCode } from "#services/accounts";
import { errorReply } from "./error-replies.ts";
import type { TokenAuthority, TokenRequest } from "./token-authority.ts";

const maxFormBytes = 65_536;
const maxScopes = 100;

/**
 * Where registry clients fetch their tokens (Docker "Token Authentication" and "OAuth2 Token
 * Authentication"): with a password, or without one for what anybody may do.
 */
export function tokenFace({ authority }: { readonly authority: TokenAuthority }): Face {
  async function issue(request: TokenRequest, { signal }: Context): Promise<Reply> {
    const { token, expiresInSeconds, issuedAt } = await authority.issue(request, { signal });
    return json(200, {
      token,
      access_token: token,
      expires_in: expiresInSeconds,
      issued_at: new Date(issuedAt).toISOString(),
    });
  }

  async function byQuery(context: Context): Promise<Reply> {
    const credentials = basicCredentials(context.request);
    if (credentials === "malformed") return wrong;
    return await issue(requestOf(context.query, credentials), context);
  }

  async function byForm(context: Context): Promise<Reply> {
    const type = context.request.headers["content-type"]?.split(";", 1)[0]?.trim().toLowerCase();
    if (type !== "application/x-www-form-urlencoded")
      return errorReply(415, "UNSUPPORTED", "send a form");
    const bytes = await readBytes(context.request, maxFormBytes);
    const form = new URLSearchParams(new TextDecoder().decode(bytes));
    if (form.get("grant_type") !== "password")
      return json(400, {
        error: "unsupported_grant_type",
        error_description: "only grant_type=password is served; no refresh tokens are given out",
      });
    const [username, password] = [form.get("username"), form.get("password")];
    if (username === null || password === null) return wrong;
    return await issue(requestOf(form, { username, password }), context);
  }

  return {
    routes: [get("/auth/token", byQuery), post("/auth/token", byForm)],
    replyTo: replyToTokenError,
  };
}

/** Scopes come as several parameters, as several words in one, or both. */
function requestOf(from: URLSearchParams, credentials: TokenRequest["credentials"]): TokenRequest {
  const written = from
    .getAll("scope")
    .flatMap((scope) => scope.split(" "))
    .filter((scope) => scope !== "");
  if (written.length > maxScopes) throw new OciError("oci/scope-invalid", "too many scopes");
  const scopes: readonly Scope[] = written.map(parseScope);
  return {
    ...(credentials === undefined ? {} : { credentials }),
    scopes,
    service: from.get("service") ?? "",
  };
}

/** User name and password of an `Authorization: Basic` header (RFC 7617); undefined without a header. */
function basicCredentials(request: IncomingMessage): TokenRequest["credentials"] | "malformed" {
  const written = request.headers.authorization;
  if (written === undefined) return undefined;
  const [, encoded] = /^Basic +([A-Za-z0-9+/=_-]{1,8192})$/i.exec(written) ?? [];
  if (encoded === undefined) return "malformed";
  const text = Buffer.from(encoded, "base64").toString("utf8");
  const colon = text.indexOf(":");
  if (colon < 0) return "malformed";
  return { username: text.slice(0, colon), password: text.slice(colon + 1) };
}

const wrong = errorReply(401, "UNAUTHORIZED", "incorrect username or password", {
  headers: { "www-authenticate": 'Basic realm="Countersign registry", charset="UTF-8"' },
});

const replies = new Map<AccountsErrorCode, Reply>([
  ["accounts/credentials-wrong", wrong],
  ["accounts/inactive", errorReply(401, "UNAUTHORIZED", "this account is not active")],
  ["accounts/locked", errorReply(429, "TOOMANYREQUESTS", "too many attempts; try again later")],
  ["accounts/busy", errorReply(503, "UNAVAILABLE", "too many are signing in; try again")],
  [
    "accounts/service-unknown",
    errorReply(400, "UNSUPPORTED", "tokens for this service are not made here"),
  ],
]);

function replyToTokenError(error: unknown): Reply | undefined {
  if (error instanceof AccountsError) {
    const reply = replies.get(error.code);
    if (reply === undefined || error.retryAfterSeconds === undefined) return reply;
    const after = { "retry-after": String(error.retryAfterSeconds) };
    return { ...reply, headers: { ...reply.headers, ...after } };
  }
  if (error instanceof OciError) return errorReply(400, "UNSUPPORTED", "not a scope");
  if (error instanceof HttpError) return errorReply(413, "SIZE_INVALID", "the form is too large");
  return undefined;
}
