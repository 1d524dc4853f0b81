import { decodeRoot, verifyRoot, type Root, type Trusted } from "#domain/tuf";
import type { StoredFile } from "./ports.ts";

const verified = new WeakMap<StoredFile, Trusted<Root>>();

/** The root that is stored, with its own signatures checked: once, for as long as the store gives the same file. */
export function storedRoot(file: StoredFile): Trusted<Root> {
  const known = verified.get(file) ?? verifyRoot(decodeRoot(file.bytes));
  verified.set(file, known);
  return known;
}
