import { TrustServerError } from "#services/signer";
import { RemoteError } from "./errors.ts";
import type { RemoteAnswer } from "./exchange.ts";
import { readRejection } from "./rejection.ts";

/** What an answer other than 200 says. */
export function refusalOf({ status, body }: RemoteAnswer): TrustServerError {
  switch (status) {
    case 400:
      return rejected(body);
    case 401:
    case 403:
      return fault("unauthorized", "the server does not let us do that", { status });
    case 404:
      return fault("absent", "the server has nothing of that name", { status });
    default:
      return fault("unexpected", `the server answered ${status}`, { status });
  }
}

function rejected(body: Uint8Array): TrustServerError {
  const { isConflict, validation } = readRejection(body);
  const status = 400;
  if (isConflict) return fault("conflict", "somebody else published first", { status });
  const what = "the server did not take the update";
  return fault("rejected", what, { status, ...(validation === undefined ? {} : { validation }) });
}

/** What went wrong before there was an answer. Gives back what is no fault of the server. */
export function failureOf(cause: unknown): unknown {
  if (!(cause instanceof RemoteError)) return cause;
  switch (cause.code) {
    case "remotes/unreachable":
    case "remotes/too-slow":
      return fault("unreachable", cause.message, { cause });
    case "remotes/not-authorized":
    case "remotes/challenge-unknown":
      return fault("unauthorized", cause.message, { cause, status: 401 });
    case "remotes/answer-unexpected":
      return fault("unexpected", cause.message, {
        cause,
        ...(cause.status === undefined ? {} : { status: cause.status }),
      });
    default:
      return cause;
  }
}

type Kind = "unauthorized" | "absent" | "unexpected" | "conflict" | "rejected" | "unreachable";

function fault(
  kind: Kind,
  message: string,
  options: ConstructorParameters<typeof TrustServerError>[2],
): TrustServerError {
  return new TrustServerError(`trust-server/${kind}`, message, options);
}
