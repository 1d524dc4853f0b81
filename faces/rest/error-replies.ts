import type { Problem } from "#contracts";
import { JsonError } from "#domain/json";
import { CodedError } from "#domain/kernel";
import { HttpError, json, type Context, type Reply } from "#faces/http";
import { AccountsError, type AccountsErrorCode } from "#services/accounts";
import { ReaderError, type ReaderErrorCode } from "#services/reader";
import { RestError, type RestErrorCode } from "./errors.ts";

type Answer = { readonly status: number } & Omit<Problem, "code">;

const replies = {
  "accounts/name-taken": {
    status: 409,
    message: "this name is taken",
    hint: "users and organizations share one list of names; choose another",
    field: "name",
  },
  "accounts/name-reserved": {
    status: 409,
    message: "this name is the registry's own",
    hint: "choose another",
    field: "name",
  },
  "accounts/user-unknown": { status: 404, message: "there is no such user" },
  "accounts/organization-unknown": {
    status: 404,
    message: "there is no such organization",
    hint: "create the organization first",
    field: "name",
  },
  "accounts/team-taken": {
    status: 409,
    message: "the organization has a team of this name already",
    field: "name",
  },
  "accounts/team-unknown": { status: 404, message: "there is no such team" },
  "accounts/last-admin": {
    status: 409,
    message: "this is the last active admin",
    hint: "make somebody else an admin first",
  },
  "accounts/credentials-wrong": {
    status: 401,
    message: "the name or the password is wrong",
    field: "password",
  },
  "accounts/locked": {
    status: 429,
    message: "too many wrong passwords; the account is locked for a while",
    hint: "wait, then try again; an admin can set a new password",
  },
  "accounts/inactive": {
    status: 403,
    message: "this account is not active",
    hint: "ask an admin to activate it",
  },
  "accounts/busy": { status: 503, message: "too many are signing in", hint: "try again" },
  "accounts/key-malformed": {
    status: 422,
    message: "this is not a public key that can sign images",
    hint: "paste one PEM PUBLIC KEY or CERTIFICATE: EC P-256, P-384, P-521, RSA from 2048 bits, or Ed25519",
    field: "pem",
  },
  "accounts/key-private": {
    status: 422,
    message: "this is a private key; it was not stored",
    hint: "paste the public half; a private key that was shown around should be replaced",
    field: "pem",
  },
  "accounts/key-taken": {
    status: 409,
    message: "this key belongs to an account already",
    hint: "a key is one person's; make another one, or ask an admin",
    field: "pem",
  },
  "accounts/key-unproven": {
    status: 422,
    message: "nothing here shows that this key is yours",
    hint: "make a request with it and add that, HOST as in image names and YOU your account: openssl req -new -key key.pem -subj /O=HOST/CN=YOU. Or ask an admin to add the key",
    field: "pem",
  },
  "accounts/key-unknown": { status: 404, message: "the account has no such key" },
  "accounts/token-invalid": { status: 401, message: "the token is not good, or no longer" },
  "accounts/service-unknown": { status: 400, message: "there are no tokens for this service" },
} satisfies Record<AccountsErrorCode, Answer>;

const ownReplies = {
  "rest/not-signed-in": { status: 401, message: "you are not signed in", hint: "sign in" },
  "rest/forbidden": {
    status: 403,
    message: "your account may not do this",
    hint: "ask an admin",
  },
  "rest/not-found": { status: 404, message: "there is no such thing, or it is not for you" },
  "rest/foreign-origin": {
    status: 403,
    message: "the request comes from another site's page",
    hint: "use the pages of this server",
  },
  "rest/content-type": {
    status: 415,
    message: "the body must be JSON",
    hint: "send content-type: application/json",
  },
  "rest/input-invalid": { status: 422, message: "the input is not valid" },
} satisfies Record<RestErrorCode, Answer>;

const registryReplies = {
  "reader/registry-taken": {
    status: 409,
    message: "this registry is registered already",
    hint: "remove it first; what was seen of its repositories is kept",
    field: "host",
  },
  "reader/registry-own": {
    status: 409,
    message: "this is our own registry, which is trusted already",
    field: "host",
  },
  "reader/registry-unknown": { status: 404, message: "this registry is not registered" },
  "reader/ca-invalid": {
    status: 422,
    message: "this is not a list of PEM certificates",
    hint: "give the certificates of the authorities behind the registry's servers, and no key",
    field: "ca",
  },
  "reader/trust-server-invalid": {
    status: 422,
    message: "this is not the address of a trust server",
    hint: "write it as https://host, with port and path where it has them",
    field: "trustServer",
  },
  "reader/password-lost": {
    status: 409,
    message: "the registry's password does not open with this master key",
    hint: "remove the registry and add it again",
  },
} satisfies Record<ReaderErrorCode, Answer>;

/** Codes of parts that this face knows only through its ports. */
const otherReplies: ReadonlyMap<string, Answer> = new Map([
  [
    "gatekeeper/policy-changed",
    {
      status: 409,
      message: "somebody else changed the policy meanwhile",
      hint: "look at it as it is now, then save again",
    },
  ],
  [
    "gatekeeper/dry-run-first",
    {
      status: 409,
      message: "stopping has to be tried first",
      hint: "choose the dry run, look at what it would have stopped, then choose to stop",
      field: "whenLost",
    },
  ],
  [
    "gatekeeper/webhook-invalid",
    {
      status: 422,
      message: "a webhook is needed: an http or https address",
      field: "whenLost",
    },
  ],
  [
    "gatekeeper/unknown-team",
    { status: 422, message: "a required team does not exist", field: "requiredTeams" },
  ],
]);

/** An answer that is not 2xx, in the contract's shape. */
export function problem(
  status: number,
  body: Problem,
  headers: Readonly<Record<string, string>> = {},
): Reply {
  return json(status, body, { "x-content-type-options": "nosniff", ...headers });
}

/** Every error gets an answer here; what nobody foresaw is logged, and told only by the request's id. */
export function replyToError(error: unknown, context: Context): Reply | undefined {
  if (error instanceof AccountsError) {
    const after = error.retryAfterSeconds;
    const headers = after === undefined ? {} : { "retry-after": String(after) };
    return answer(error.code, replies[error.code], headers);
  }
  if (error instanceof RestError) {
    const known: Answer = ownReplies[error.code];
    if (error.code !== "rest/input-invalid") return answer(error.code, known);
    const field = error.field === undefined ? {} : { field: error.field };
    return answer(error.code, { ...known, message: error.message, ...field });
  }
  if (error instanceof ReaderError) return answer(error.code, registryReplies[error.code]);
  if (error instanceof JsonError)
    return answer(error.code, { status: 400, message: "the body is not JSON as we read it" });
  if (error instanceof HttpError && error.code === "http/body-too-large")
    return answer(error.code, { status: 413, message: "the body is too large" });
  const other = error instanceof CodedError ? otherReplies.get(error.code) : undefined;
  if (error instanceof CodedError && other !== undefined) return answer(error.code, other);
  if (context.signal.aborted) return undefined;
  context.log.error({ event: "http.failed", err: error, path: context.path }, "request failed");
  return answer("rest/internal", {
    status: 500,
    message: "something went wrong here",
    hint: `an admin finds it in the log under request ${context.requestId}`,
  });
}

function answer(
  code: string,
  { status, ...body }: Answer,
  headers: Readonly<Record<string, string>> = {},
): Reply {
  return problem(status, { code, ...body }, headers);
}
