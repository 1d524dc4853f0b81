import type { Instant } from "#domain/kernel";
import type { Envelope, Trusted } from "./envelope.ts";
import { TufError } from "./errors.ts";
import type { PublicKey } from "./public-key.ts";
import type { Root } from "./root.ts";
import { meetsThreshold, signersOf } from "./threshold.ts";

const noLeaf =
  "could not validate the path to a trusted root: unable to retrieve valid leaf certificates";
const noIntegrity =
  "could not validate the path to a trusted root: failed to validate integrity of roots";
const noRotation =
  "could not rotate trust to a new trusted root: failed to validate data with current trusted certificates";
const msPerDay = 86_400_000;

/** Trusts a root on its own word: its own root role must have signed it to the threshold. Throws `tuf/root-chain`. */
export function verifyRoot(root: Envelope<Root>): Trusted<Root> {
  if (!meetsThreshold(signersOf(root, root.signed.root), root.signed.root))
    throw new TufError("tuf/root-chain", noIntegrity);
  return root as Trusted<Root>;
}

/**
 * Trusts the root that follows `previous` (TUF specification 1.0, section 5.3): signed to the threshold by
 * the previous root role and by its own. Throws `tuf/version` unless its version is the next one
 * (`"any-later"` lets versions be skipped, `"same"` is for one who offers a version again), or `tuf/root-chain`.
 */
export function verifySuccessor(
  previous: Trusted<Root>,
  next: Envelope<Root>,
  versions: "same" | "next" | "any-later" = "next",
): Trusted<Root> {
  const { version } = next.signed;
  const current = previous.signed.version;
  const fits = {
    same: version === current,
    next: version === current + 1,
    "any-later": version > current,
  };
  if (!fits[versions])
    throw new TufError(
      "tuf/version",
      `Root modifications must increment the version. Current ${current}, new ${version}`,
    );
  const before = previous.signed.root;
  if (!meetsThreshold(signersOf(next, before), before))
    throw new TufError("tuf/root-chain", noRotation);
  return verifyRoot(next);
}

/**
 * Ties a root to the repository it is for: enough of its root keys must be certificates whose common name
 * is the globally unique name (or a prefix of it that ends in `*`), and these keys must have signed it.
 * Without this a root of one repository would do for another. Throws `tuf/certificate-invalid` or `tuf/root-chain`.
 */
export function requireRootOf(gun: string, root: Envelope<Root>, now: Instant): void {
  const { threshold, keys } = root.signed.root;
  const acceptable = new Map([...keys].filter(([, key]) => isCertifiedFor(key, gun, now)));
  if (acceptable.size === 0) throw new TufError("tuf/certificate-invalid", noLeaf);
  const role = { threshold, keys: acceptable };
  if (!meetsThreshold(signersOf(root, role), role))
    throw new TufError("tuf/root-chain", noIntegrity);
}

function isCertifiedFor(key: PublicKey, gun: string, now: Instant): boolean {
  const [leaf, ...issuers] = key.material?.certificates ?? [];
  if (leaf === undefined || leaf.x509.ca || !issuers.every((issuer) => issuer.x509.ca))
    return false;
  const { CN: name } = leaf.x509.toLegacyObject().subject as { CN?: string | string[] };
  return (
    typeof name === "string" &&
    isNameOf(name, gun) &&
    leaf.x509.validFromDate.getTime() - msPerDay <= now &&
    now <= leaf.x509.validToDate.getTime() &&
    !/sha-?1\b|sha1With|md5/i.test(leaf.x509.signatureAlgorithm ?? "")
  );
}

function isNameOf(name: string, gun: string): boolean {
  return name === gun || (name.endsWith("*") && gun.startsWith(name.slice(0, -1)));
}
