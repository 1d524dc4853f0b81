import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Instant } from "#domain/kernel";
import {
  TufError,
  meetsThreshold,
  signersOf,
  type PublicKey,
  type Root,
  type Trusted,
} from "#domain/tuf";
import type { AcceptFirst } from "#services/reader";
import { pinFor, type Pinning } from "./pinning.ts";

const before = "could not validate the path to a trusted root: ";
const CERTIFICATE = /-----BEGIN CERTIFICATE-----[\sA-Za-z0-9+/=]+-----END CERTIFICATE-----/g;
const serverUse = "1.3.6.1.5.5.7.3.1";
const signingUse = "1.3.6.1.5.5.7.3.3";
const anyUse = "2.5.29.37.0";

/** Holds the first root of a repository against the configuration's pins. */
export function acceptFirst(pinning: Pinning): AcceptFirst {
  return (gun, root, now) => {
    const pin = pinFor(gun, pinning);
    switch (pin.kind) {
      case "none":
        return;
      case "refused":
        throw refused("invalid trust pinning specified");
      case "certificates":
        return requireSigned(root, (key) => pin.ids.includes(key.id));
      case "authority": {
        const issuers = authoritiesIn(resolve(pinning.directory, pin.file));
        return requireSigned(root, (key) => isIssuedBy(key, issuers, now));
      }
    }
  };
}

/** Enough of the root keys must be acceptable, and have signed. */
function requireSigned(root: Trusted<Root>, isAcceptable: (key: PublicKey) => boolean): void {
  const { threshold, keys } = root.signed.root;
  const acceptable = new Map([...keys].filter(([, key]) => isAcceptable(key)));
  const role = { threshold, keys: acceptable };
  if (!meetsThreshold(signersOf(root, role), role))
    throw refused("unable to match any certificates to trust_pinning config");
}

function authoritiesIn(file: string): readonly X509Certificate[] {
  try {
    const blocks = readFileSync(file, "utf8").match(CERTIFICATE) ?? [];
    if (blocks.length > 0) return blocks.map((block) => new X509Certificate(block));
  } catch (cause) {
    throw refused("could not load root cert from CA path", cause);
  }
  throw refused("could not load root cert from CA path");
}

/** Whether the certificates lead, one issued by the next, from a root key to one of these authorities. */
function isIssuedBy(
  key: PublicKey,
  authorities: readonly X509Certificate[],
  now: Instant,
): boolean {
  const [leaf, ...between] = (key.material?.certificates ?? []).map(({ x509 }) => x509);
  if (leaf === undefined || !isForSigning(leaf)) return false;
  const valid = (one: X509Certificate): boolean =>
    one.validFromDate.getTime() <= now && now <= one.validToDate.getTime();
  let at = leaf;
  for (let steps = 0; steps <= between.length; steps += 1) {
    if (!valid(at)) return false;
    const issuer = [...authorities, ...between].find((one) => one.ca && isIssuer(one, at));
    if (issuer === undefined || !valid(issuer)) return false;
    if (authorities.includes(issuer)) return true;
    at = issuer;
  }
  return false;
}

function isIssuer(issuer: X509Certificate, of: X509Certificate): boolean {
  return of.checkIssued(issuer) && of.verify(issuer.publicKey);
}

function isForSigning(leaf: X509Certificate): boolean {
  const uses = leaf.keyUsage as readonly string[] | undefined;
  return uses === undefined || [serverUse, signingUse, anyUse].some((use) => uses.includes(use));
}

function refused(what: string, cause?: unknown): TufError {
  return new TufError("tuf/certificate-invalid", before + what, { cause });
}
