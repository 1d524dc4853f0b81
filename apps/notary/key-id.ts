import { failure } from "./errors.ts";

/** A key's id as it was typed. Throws `notary/failed`. */
export function keyId(text: string): string {
  if (!/^[\da-f]{64}$/i.test(text)) throw failure(`invalid key ID provided: ${text}`);
  return text.toLowerCase();
}
