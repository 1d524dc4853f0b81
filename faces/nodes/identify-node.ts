import { createPublicKey } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { EmbeddedJWK, errors, jwtVerify, type JWTVerifyResult } from "jose";
import { nodeAudience, nodeProofType } from "#contracts";
import type { AccountName } from "#domain/identity";
import type { Clock, Options } from "#domain/kernel";
import type { RegistryHost } from "#domain/oci";
import { bearerToken } from "#faces/http";
import type { AccountsService, KeyReader } from "#services/accounts";
import { NodesError } from "./errors.ts";

export type NodeIdentityParts = {
  readonly accounts: Pick<AccountsService, "identifyKey">;
  readonly keys: Pick<KeyReader, "read">;
  readonly registryHost: RegistryHost;
  readonly clock: Clock;
};

/**
 * The account whose key signed this request's proof (RFC 7519; the key in its header as in RFC 9449, section
 * 4.2). It is asked anew each time: a revoked key stops at once. Throws `nodes/not-known`.
 */
export async function identifyNode(
  request: IncomingMessage,
  parts: NodeIdentityParts,
  o: Options,
): Promise<AccountName> {
  const { protectedHeader } = await verify(bearerToken(request), parts);
  const jwk = protectedHeader.jwk ?? {};
  const key = createPublicKey({ key: { ...jwk }, format: "jwk" });
  const pem = key.export({ type: "spki", format: "pem" }).toString();
  const found = await parts.accounts.identifyKey(parts.keys.read(pem).fingerprint, o);
  if (found === undefined) throw new NodesError("nodes/not-known", "no active account has the key");
  return found.user.name;
}

async function verify(
  token: string | undefined,
  { registryHost, clock }: NodeIdentityParts,
): Promise<JWTVerifyResult> {
  if (token === undefined) throw new NodesError("nodes/not-known", "no proof");
  try {
    return await jwtVerify(token, EmbeddedJWK, {
      algorithms: ["ES256"],
      audience: nodeAudience(registryHost),
      typ: nodeProofType,
      requiredClaims: ["exp", "iat"],
      maxTokenAge: 300,
      clockTolerance: 120,
      currentDate: new Date(clock()),
    });
  } catch (cause) {
    if (cause instanceof errors.JOSEError)
      throw new NodesError("nodes/not-known", `the proof is not good: ${cause.code}`, { cause });
    throw cause;
  }
}
