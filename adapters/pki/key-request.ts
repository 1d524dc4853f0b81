import "reflect-metadata";
import { Name, Pkcs10CertificateRequestGenerator } from "@peculiar/x509";
import type { Options } from "#domain/kernel";
import type { SigningKey } from "#services/signer";
import { algorithmsOf, signingWith } from "./root-certificate.ts";

/**
 * Makes the certificate request with which a key proves whose it is: signed by the key itself, `CN` the account
 * and `O` the registry's host. PEM. Throws `signer/key-unsuitable` for an Ed25519 key.
 */
export async function createKeyRequest(
  key: SigningKey,
  { account, registryHost }: { readonly account: string; readonly registryHost: string },
  { signal }: Options,
): Promise<string> {
  signal.throwIfAborted();
  const { algorithm, key: keyAlgorithm } = algorithmsOf(key);
  const publicKey = key.publicKey.material.key.toCryptoKey(keyAlgorithm, true, ["verify"]);
  const request = await Pkcs10CertificateRequestGenerator.create(
    {
      name: new Name([{ O: [registryHost] }, { CN: [account] }]),
      // What stands for the private key has only to say its kind: the signature is made by `key` itself.
      keys: { publicKey, privateKey: publicKey },
      signingAlgorithm: algorithm,
    },
    signingWith(key),
  );
  return `${request.toString("pem").trimEnd()}\n`;
}
