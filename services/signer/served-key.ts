import type { Options } from "#domain/kernel";
import type { PublicKey, RoleName } from "#domain/tuf";
import { SignerError } from "./errors.ts";
import type { KeyStore } from "./ports.ts";

/**
 * A key that the server said is its own for `role`. Throws `signer/key-unsuitable` for one that is held here, which
 * would sign the server's files from then on or be taken for replaced, and for one that checks no signature.
 */
export async function serversOwn(
  keys: KeyStore,
  role: RoleName,
  key: PublicKey,
  o: Options,
): Promise<PublicKey> {
  const id = key.material?.canonicalId;
  if (id === undefined)
    throw new SignerError(
      "signer/key-unsuitable",
      `the server's ${role} key is of a kind that nobody can check`,
    );
  const isOurs = (await keys.list(o)).some((held) => held.id === id);
  if (!isOurs) return key;
  throw new SignerError(
    "signer/key-unsuitable",
    `the server's ${role} key is one that is held here: ${id}`,
  );
}
