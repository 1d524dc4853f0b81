import type { JsonValue } from "#domain/json";
import { RemoteError } from "./errors.ts";
import type { RemoteAnswer } from "./exchange.ts";
import { jsonObject, objectOf, textOf } from "./json.ts";

/** The most bytes of an answer that only says what went wrong. */
export const maxErrorBytes = 65_536;

/** What an answer of a registry says that was not hoped for (OCI distribution-spec, "Error Codes"). */
export function registryFault({ status, body }: RemoteAnswer): RemoteError {
  if (status === 401 || status === 403)
    return new RemoteError("remotes/not-authorized", "the registry does not let us do that", {
      status,
    });
  const code = codeIn(body);
  const said = `the registry answered ${status}${code === undefined ? "" : ` (${code})`}`;
  return new RemoteError("remotes/answer-unexpected", said, { status });
}

/** Only the first error's code: what else a registry says is not for our messages. */
function codeIn(body: Uint8Array): string | undefined {
  const errors = jsonObject(body, maxErrorBytes)?.["errors"];
  const first = Array.isArray(errors) ? (errors[0] as JsonValue | undefined) : undefined;
  const code = textOf(objectOf(first)?.["code"]);
  return code !== undefined && /^[A-Z_]{1,64}$/.test(code) ? code : undefined;
}
