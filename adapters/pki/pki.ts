import { createPrivateKey, type KeyObject } from "node:crypto";
import { chmod, mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Clock, Options } from "#domain/kernel";
import type { CertificateIssuer } from "#services/accounts";
import { authorityCertificate, endCertificate, newKey, validFor } from "./certificates.ts";
import { parseIdentity, readOrCreate, replace, tryRead, type Identity } from "./identity-file.ts";
import { isForNames, serverNames } from "./server-names.ts";

export type ServerIdentity = {
  /** PEM, the server's own certificate first, then its authority's. */
  readonly certificate: string;
  readonly key: string;
};

/** Our own certificate authorities, and the keys that live beside them. */
export type Pki = CertificateIssuer & {
  /** PEM of the authority behind our servers' certificates: what clients get as `ca.pem`. */
  readonly caPem: string;
  /** PEM of the authority behind client certificates: what the gateway asks clients for. */
  readonly clientCaPem: string;
  /** The P-256 private key that signs registry tokens. */
  readonly tokenKey: KeyObject;
  /**
   * A certificate for host names and addresses, and its key. The one on disk, or a new one when that is
   * for other names, from another authority, or has less than 30 days left. Throws `pki/name-invalid`.
   */
  serverIdentity(names: readonly string[], o: Options): Promise<ServerIdentity>;
};

const authorityDays = 20 * 365;
const serverDays = 397;
const clientDays = 3 * 365;
const renewBeforeMs = 30 * 24 * 3_600_000;

/** Opens the authorities in `directory`, making what is not there yet. Throws `pki/file-unreadable`. */
export async function openPki(
  directory: string,
  parts: { readonly clock: Clock },
  o: Options,
): Promise<Pki> {
  const { clock } = parts;
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await chmod(directory, 0o700);
  const serverCa = await openAuthority(join(directory, "server-ca.pem"), "Countersign Root CA");
  const clientCa = await openAuthority(join(directory, "client-ca.pem"), "Countersign Client CA");
  const tokenKeyPem = await readOrCreate(join(directory, "token-key.pem"), newKeyPem, o);
  const serverFile = join(directory, "server.pem");

  async function openAuthority(path: string, commonName: string): Promise<Identity> {
    const make = async (): Promise<string> => {
      const keys = await newKey();
      const validity = validFor(authorityDays, clock());
      return (
        pkcs8(keys.privateKey) + (await authorityCertificate({ commonName, ...keys, validity }))
      );
    };
    return parseIdentity(path, await readOrCreate(path, make, o));
  }

  function isGood(text: string, names: readonly string[]): boolean {
    const { certificate } = parseIdentity(serverFile, text);
    return (
      certificate.checkIssued(serverCa.certificate) &&
      certificate.verify(serverCa.certificate.publicKey) &&
      isForNames(certificate, names) &&
      certificate.validFromDate.getTime() <= clock() &&
      certificate.validToDate.getTime() - clock() >= renewBeforeMs
    );
  }

  async function issueServer(names: readonly [string, ...string[]]): Promise<string> {
    const { publicKey, privateKey } = await newKey();
    const certificate = await endCertificate({
      issuer: serverCa,
      commonName: "Countersign server",
      publicKey,
      use: "server",
      names,
      validity: validFor(serverDays, clock()),
    });
    return pkcs8(privateKey) + certificate;
  }

  return {
    caPem: serverCa.certificatePem,
    clientCaPem: clientCa.certificatePem,
    tokenKey: createPrivateKey(tokenKeyPem),

    async serverIdentity(wanted, options) {
      const names = serverNames(wanted);
      const known = await tryRead(serverFile, options);
      const isKept = known !== undefined && isGood(known, names);
      const text = isKept ? known : await issueServer(names);
      if (!isKept) await replace(serverFile, text, options);
      const { certificatePem, keyPem } = parseIdentity(serverFile, text);
      return { certificate: certificatePem + serverCa.certificatePem, key: keyPem };
    },

    async issueClientCertificate({ account, publicKey }, { signal }) {
      signal.throwIfAborted();
      return await endCertificate({
        issuer: clientCa,
        commonName: account,
        publicKey,
        use: "client",
        validity: validFor(clientDays, clock()),
      });
    },
  };
}

async function newKeyPem(): Promise<string> {
  return pkcs8((await newKey()).privateKey);
}

function pkcs8(key: KeyObject): string {
  return key.export({ type: "pkcs8", format: "pem" }).toString();
}
