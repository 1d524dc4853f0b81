import type { Envelope, Trusted } from "./envelope.ts";
import { TufError } from "./errors.ts";
import type { RoleKeys } from "./role-keys.ts";
import { isSignedWith } from "./signature.ts";

/**
 * Fingerprints of the distinct keys of `role` that made a valid signature on the file. A key counts once,
 * however often it signs and under however many ids: two certificates of one key have two ids, and are one key.
 */
export function signersOf(envelope: Envelope<unknown>, role: RoleKeys): readonly string[] {
  const signers = new Set<string>();
  for (const signature of envelope.signatures) {
    const key = role.keys.get(signature.keyId)?.material;
    if (key === undefined || signers.has(key.fingerprint)) continue;
    if (isSignedWith(key, signature, envelope.message)) signers.add(key.fingerprint);
  }
  return [...signers];
}

/** Whether enough distinct keys of `role` signed (TUF specification 1.0, section 5.3.4). A threshold below one is never met. */
export function meetsThreshold(signers: readonly string[], role: RoleKeys): boolean {
  return role.threshold >= 1 && new Set(signers).size >= role.threshold;
}

/** A trusted file and who signed it: fingerprints of distinct keys. */
export type Signed<Payload> = {
  readonly file: Trusted<Payload>;
  readonly signers: readonly string[];
};

/** Gives the envelope as trusted. Throws `tuf/threshold` when too few distinct keys of `role` signed it. */
export function verifyThreshold<Payload>(
  envelope: Envelope<Payload>,
  role: RoleKeys,
): Trusted<Payload> {
  return verifySigners(envelope, role).file;
}

/** As `verifyThreshold`, and says who signed: each signature is checked once. */
export function verifySigners<Payload>(
  envelope: Envelope<Payload>,
  role: RoleKeys,
): Signed<Payload> {
  if (envelope.signatures.length === 0)
    throw new TufError("tuf/threshold", "tuf: data has no signatures");
  const signers = signersOf(envelope, role);
  if (!meetsThreshold(signers, role))
    throw new TufError(
      "tuf/threshold",
      `valid signatures did not meet threshold for ${envelope.role}`,
    );
  return { file: envelope as Trusted<Payload>, signers };
}
