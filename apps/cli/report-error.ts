import { ApiError } from "#contracts";
import { CodedError } from "#domain/kernel";
import { ZodError } from "zod";
import { CliError } from "./errors.ts";
import type { ExitCode } from "./session.ts";
import { signingReport } from "./signing-report.ts";

type Report = {
  readonly exitCode: ExitCode;
  readonly message?: string;
  readonly hint?: string | undefined;
};

/** What a person is told about a failure: one sentence, then a hint. Anything unforeseen is rethrown. */
export function reportOf(error: unknown): Report {
  if (error instanceof CliError)
    return {
      exitCode: error.code === "cli/usage" ? 2 : 1,
      message: error.message,
      hint: error.hint,
    };
  if (error instanceof ApiError) return apiReport(error);
  if (error instanceof ZodError)
    return {
      exitCode: 1,
      message: "the server's answer is not one that this version understands",
      hint: "compare: countersign --version and countersign status",
    };
  if (error instanceof CodedError)
    // Without a hint it is what the server says when it cannot start.
    return { exitCode: 1, message: error.message, ...signingReport(error) };
  throw error;
}

function apiReport(error: ApiError): Report {
  if (error.status === 0) return unreachable(error);
  const hint = error.status === 401 ? "sign in first: countersign login USER" : error.problem.hint;
  return { exitCode: 1, message: error.problem.message, hint };
}

const untrusted = new Set([
  "SELF_SIGNED_CERT_IN_CHAIN",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_GET_ISSUER_CERT",
  "CERT_SIGNATURE_FAILURE",
]);

function unreachable(error: ApiError): Report {
  const code = systemCode(error);
  if (code !== undefined && untrusted.has(code))
    return {
      exitCode: 1,
      message: "the server's certificate comes from a CA that is not trusted here",
      hint: "name the server's ca.pem with --ca or COUNTERSIGN_CA",
    };
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID")
    return {
      exitCode: 1,
      message: "the server's certificate is for another name",
      hint: "use the address that the server was set up with",
    };
  return {
    exitCode: 1,
    message: "the server does not answer",
    hint: "check --server and COUNTERSIGN_SERVER, or start one: make up",
  };
}

function systemCode(error: unknown): string | undefined {
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++)
    if ("code" in at && typeof at.code === "string" && at.code !== "UND_ERR") return at.code;
  return undefined;
}
