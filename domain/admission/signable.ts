import { gunOf } from "#domain/oci";
import type { Case } from "./weigh.ts";

/**
 * What a signer types after `docker trust sign`: repository and tag, never a digest. An image that comes
 * from no trusted registry stays as the client wrote it.
 */
export function signable(of: Pick<Case, "image" | "candidates" | "trustedHosts">): string {
  const reference = of.candidates?.find((candidate) =>
    of.trustedHosts.includes(candidate.reference.host),
  )?.reference;
  return reference === undefined ? of.image : `${gunOf(reference)}:${reference.tag ?? "<tag>"}`;
}
