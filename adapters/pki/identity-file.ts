import { createPrivateKey, randomUUID, X509Certificate, type KeyObject } from "node:crypto";
import { link, readFile, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { syncDirectory, temporarySuffix, writeFileAtomically } from "#adapters/io";
import type { Options } from "#domain/kernel";
import { PkiError } from "./errors.ts";

/** A private key and the certificate for it: in one file, so that they cannot come apart. */
export type Identity = {
  readonly privateKey: KeyObject;
  readonly keyPem: string;
  readonly certificate: X509Certificate;
  readonly certificatePem: string;
};

const secretMode = 0o600;
const PRIVATE_KEY = /-----BEGIN PRIVATE KEY-----[^-]+-----END PRIVATE KEY-----\n/;
const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\n/;

/** Reads the secret in `path`, or makes it. Of several processes that make it at once, all get the same. */
export async function readOrCreate(
  path: string,
  make: () => Promise<string>,
  o: Options,
): Promise<string> {
  const known = await tryRead(path, o);
  if (known !== undefined) return known;
  const temporary = `${path}.${randomUUID()}${temporarySuffix}`;
  try {
    await writeFileAtomically(temporary, await make(), { signal: o.signal, mode: secretMode });
    await link(temporary, path);
    await syncDirectory(dirname(path));
  } catch (error) {
    if (!isSystemError(error, "EEXIST")) throw error;
  } finally {
    await rm(temporary, { force: true });
  }
  return await readFile(path, { encoding: "utf8", signal: o.signal });
}

/** The secret in `path`, or undefined where there is none. */
export async function tryRead(path: string, { signal }: Options): Promise<string | undefined> {
  try {
    return await readFile(path, { encoding: "utf8", signal });
  } catch (error) {
    if (isSystemError(error, "ENOENT")) return undefined;
    throw error;
  }
}

/** Puts a new secret in the place of an old one. */
export async function replace(path: string, text: string, { signal }: Options): Promise<void> {
  await writeFileAtomically(path, text, { signal, mode: secretMode });
}

/** Takes an identity file apart. Throws `pki/file-unreadable`. */
export function parseIdentity(path: string, text: string): Identity {
  const keyPem = PRIVATE_KEY.exec(text)?.[0];
  const certificatePem = CERTIFICATE.exec(text)?.[0];
  if (keyPem === undefined || certificatePem === undefined)
    throw new PkiError("pki/file-unreadable", `${path} does not hold a key and a certificate`);
  try {
    const privateKey = createPrivateKey(keyPem);
    const certificate = new X509Certificate(certificatePem);
    if (certificate.checkPrivateKey(privateKey))
      return { privateKey, keyPem, certificate, certificatePem };
  } catch (cause) {
    throw new PkiError("pki/file-unreadable", `${path} is broken`, { cause });
  }
  throw new PkiError("pki/file-unreadable", `the key and the certificate in ${path} do not match`);
}

function isSystemError(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
