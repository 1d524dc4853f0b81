import type { Options } from "#domain/kernel";
import type { Gun } from "#domain/oci";
import { decodeRoot, verifyRoot, verifySuccessor, type Signer } from "#domain/tuf";
import { SignerError } from "./errors.ts";
import type { Keyring } from "./keyring.ts";

/** An earlier root file of a repository, by its version; undefined where it cannot be had any more. */
export type EarlierRoot = (
  gun: Gun,
  version: number,
  o: Options,
) => Promise<Uint8Array | undefined>;

/**
 * Signers for the held keys of up to `count` root roles before the one of `root`, all for a negative count: a
 * client that saw one of them last can then take the next root without those in between. Each earlier root must
 * be the one that its successor was signed by.
 */
export async function earlierRootSigners(
  earlierRoot: EarlierRoot | undefined,
  from: { readonly gun: Gun; readonly root: Uint8Array; readonly count: number },
  keyring: Keyring,
  o: Options,
): Promise<readonly Signer[]> {
  const signers: Signer[] = [];
  let newer = verifyRoot(decodeRoot(from.root));
  const last = from.count < 0 ? 1 : Math.max(1, newer.signed.version - from.count);
  while (newer.signed.version > last) {
    const version = newer.signed.version - 1;
    const bytes = await earlierRoot?.(from.gun, version, o);
    if (bytes === undefined)
      throw new SignerError("signer/offline", `root version ${version} cannot be had`);
    const older = verifyRoot(decodeRoot(bytes));
    verifySuccessor(older, newer);
    signers.push(...(await keyring.held(older.signed.root)));
    newer = older;
  }
  return signers;
}
