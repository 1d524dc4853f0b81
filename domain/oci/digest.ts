import { createHash } from "node:crypto";
import type { Brand } from "#domain/kernel";
import { OciError } from "./errors.ts";

/** `sha256:` and 64 lower-case hex digits (OCI image-spec, "Digests"). */
export type Digest = Brand<string, "Digest">;

const SHA256 = /^sha256:[0-9a-f]{64}$/;

/** Whether `text` is written as a digest. */
export function isDigest(text: string): text is Digest {
  return SHA256.test(text);
}

/** Reads a digest (OCI image-spec, "Digests"). Only sha256 is known here. Throws `oci/digest-invalid`. */
export function parseDigest(text: string): Digest {
  if (!isDigest(text)) throw new OciError("oci/digest-invalid", text.slice(0, 80));
  return text;
}

/** The digest of `bytes`. */
export function digestOf(bytes: Uint8Array): Digest {
  return parseDigest(`sha256:${createHash("sha256").update(bytes).digest("hex")}`);
}

/** The 64 hex digits of a digest, without the name of its algorithm. */
export function digestHex(digest: Digest): string {
  return digest.slice("sha256:".length);
}
