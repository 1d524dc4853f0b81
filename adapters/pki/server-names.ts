import { isIP } from "node:net";
import type { X509Certificate } from "node:crypto";
import { PkiError } from "./errors.ts";

const DNS_NAME =
  /^(?=.{1,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/;

/**
 * Host names and addresses, with or without a port, as a certificate carries them: lower case, each once.
 * Throws `pki/name-invalid`.
 */
export function serverNames(names: readonly string[]): readonly [string, ...string[]] {
  const clean = [...new Set(names.map((name) => withoutPort(name).toLowerCase()))];
  for (const name of clean)
    if (isIP(name) === 0 && !DNS_NAME.test(name))
      throw new PkiError("pki/name-invalid", `no certificate can be made for ${name}`);
  const [first, ...rest] = clean;
  if (first === undefined) throw new PkiError("pki/name-invalid", "a server needs a name");
  return [first, ...rest];
}

/** Whether a certificate is for these names, and for no others. */
export function isForNames(certificate: X509Certificate, names: readonly string[]): boolean {
  const count = certificate.subjectAltName?.split(", ").length;
  return (
    count === names.length &&
    names.every((name) =>
      isIP(name) === 0
        ? certificate.checkHost(name, { subject: "never" }) !== undefined
        : certificate.checkIP(name) !== undefined,
    )
  );
}

function withoutPort(name: string): string {
  const [, address] = /^\[(.*)\](?::\d{1,5})?$/.exec(name) ?? [];
  if (address !== undefined) return address;
  return isIP(name) === 0 ? name.replace(/:\d{1,5}$/, "") : name;
}
