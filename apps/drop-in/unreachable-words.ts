import { saying } from "./system-errors.ts";

const untrusted: ReadonlySet<string> = new Set([
  "SELF_SIGNED_CERT_IN_CHAIN",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
]);

type SystemFault = {
  readonly code?: unknown;
  readonly address?: unknown;
  readonly port?: unknown;
  readonly hostname?: unknown;
};

/** Why a server could not be reached, in the Go clients' words where they have any, else in those of whoever noticed. */
export function unreachableWords(fault: Error): string {
  let last = fault;
  for (let depth = 0; depth < 6; depth += 1) {
    const words = known(last);
    if (words !== undefined) return words;
    if (!(last.cause instanceof Error)) break;
    last = last.cause;
  }
  return saying(last);
}

function known(fault: Error): string | undefined {
  const { code, address, port, hostname } = fault as SystemFault;
  if (typeof code !== "string") return undefined;
  if (code === "ECONNREFUSED" && typeof address === "string" && typeof port === "number") {
    const host = address.includes(":") ? `[${address}]` : address;
    return `dial tcp ${host}:${port}: connect: connection refused`;
  }
  if (code === "ENOTFOUND" && typeof hostname === "string")
    return `dial tcp: lookup ${hostname}: no such host`;
  if (untrusted.has(code))
    return "tls: failed to verify certificate: x509: certificate signed by unknown authority";
  if (code === "CERT_HAS_EXPIRED")
    return "tls: failed to verify certificate: x509: certificate has expired or is not yet valid";
  if (code === "EPROTO" && fault.message.includes("wrong version number"))
    return "tls: first record does not look like a TLS handshake";
  return undefined;
}
