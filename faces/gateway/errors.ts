import { DockerError, type DockerErrorCode } from "#adapters/docker";
import { EngineApiError, type EngineApiErrorCode } from "#domain/engine-api";
import { CodedError } from "#domain/kernel";
import { HttpError } from "#faces/http";
import { refuse, type Refusal } from "./refusal.ts";

export type GatewayErrorCode = "gateway/judge-failed" | "gateway/callers-failed";

/** Somebody we have to ask could not answer. The gate stays shut. */
export class GatewayError extends CodedError<GatewayErrorCode> {}

/** What a failure is to the client: a status, and other words where the error's own are not for it. */
type Reply = { readonly status: number; readonly message?: string };

const replies = {
  "engine-api/target-malformed": { status: 400 },
  "engine-api/query-malformed": { status: 400 },
  "engine-api/version-unsupported": { status: 400 },
  "engine-api/operation-unknown": { status: 403 },
  "engine-api/operation-closed": { status: 403 },
  "engine-api/content-type": { status: 400 },
  "engine-api/key-spelling": { status: 400 },
  "engine-api/body-malformed": { status: 400 },
  "engine-api/image-missing": { status: 400 },
  "engine-api/image-malformed": { status: 400 },
  "engine-api/dockerfile-unclear": { status: 400 },
  "docker/unreachable": { status: 502, message: "the engine behind this gateway does not answer" },
  "docker/answer-malformed": { status: 502 },
  "docker/refused": { status: 502 },
  "gateway/judge-failed": {
    status: 503,
    message:
      "this could not be judged just now, so it is not allowed; try again, or tell an administrator",
  },
  "gateway/callers-failed": {
    status: 503,
    message: "the account behind this certificate could not be looked up just now; try again",
  },
} satisfies Record<EngineApiErrorCode | DockerErrorCode | GatewayErrorCode, Reply>;

/** The refusal that an error means to the client; undefined for one that nobody expected. */
export function refusalOf(error: unknown): Refusal | undefined {
  if (error instanceof HttpError && error.code === "http/body-too-large")
    return refuse(413, error.message);
  const isKnown =
    error instanceof EngineApiError ||
    error instanceof DockerError ||
    error instanceof GatewayError;
  if (!isKnown) return undefined;
  const reply: Reply = replies[error.code];
  const status = error instanceof DockerError ? (error.status ?? reply.status) : reply.status;
  return refuse(status, reply.message ?? error.message);
}

/** The status of a request that could not be classified. */
export function statusOf(code: EngineApiErrorCode): number {
  return replies[code].status;
}
