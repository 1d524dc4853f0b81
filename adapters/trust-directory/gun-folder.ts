import type { Gun } from "#domain/oci";
import { SignerError } from "#services/signer";

/**
 * The folder of a repository: its name as it is, `/` and all, so that one repository's folder may stand in
 * another's. Throws `signer/directory-broken` for a name that would lead out of the trust directory.
 */
export function gunFolder(gun: Gun): string {
  const parts = gun.split("/");
  const isSafe = (part: string): boolean => !["", ".", ".."].includes(part) && !/[\0\\]/.test(part);
  if (!parts.every(isSafe))
    throw new SignerError(
      "signer/directory-broken",
      "the repository has a name that no folder can have",
    );
  return `tuf/${gun}`;
}
