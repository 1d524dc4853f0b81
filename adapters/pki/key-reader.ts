import "reflect-metadata";
import { webcrypto } from "node:crypto";
import { Pkcs10CertificateRequest } from "@peculiar/x509";
import { parseKeyFingerprint } from "#domain/identity";
import { publicKeyFromPem, TufError } from "#domain/tuf";
import { AccountsError, type KeyReader, type ReadKey } from "#services/accounts";

const REQUEST =
  /^\s*(-----BEGIN (NEW )?CERTIFICATE REQUEST-----[^-]+-----END \2CERTIFICATE REQUEST-----)\s*$/;

/** Reads public keys exactly as the checking of signatures reads them, so that their fingerprints agree. */
export const pemKeyReader: KeyReader = {
  read,
  async readRequest(pem) {
    const [, text] = REQUEST.exec(pem) ?? [];
    if (text === undefined) return undefined;
    const request = await verified(text);
    return {
      ...read(request.publicKey.toString("pem")),
      commonNames: request.subjectName.getField("CN"),
      organizations: request.subjectName.getField("O"),
    };
  },
};

function read(pem: string): ReadKey {
  if (pem.includes("PRIVATE KEY-----"))
    throw new AccountsError("accounts/key-private", "this is a private key");
  try {
    const { material } = publicKeyFromPem(pem);
    return {
      fingerprint: parseKeyFingerprint(material.fingerprint),
      publicKey: material.key.export({ type: "spki", format: "pem" }).toString(),
    };
  } catch (cause) {
    if (!(cause instanceof TufError)) throw cause;
    throw malformed("not a public key we take", cause);
  }
}

/** A request whose signature its own key has made. What the library throws about one is not ours to name. */
async function verified(text: string): Promise<Pkcs10CertificateRequest> {
  try {
    const request = new Pkcs10CertificateRequest(text);
    if (await request.verify(webcrypto)) return request;
  } catch (cause) {
    throw malformed("not a certificate request", cause);
  }
  throw malformed("the key of this certificate request has not signed it");
}

function malformed(message: string, cause?: unknown): AccountsError {
  return new AccountsError("accounts/key-malformed", message, { cause });
}
