import { requireMasterKeys } from "#adapters/pki";
import type { Options } from "#domain/kernel";
import { TrustError, type SealedKeyStore } from "#services/trust";
import type { Config } from "./config.ts";
import { ServerError } from "./errors.ts";
import { masterKeyFiles, type MasterKeys } from "./master-keys.ts";

/** Sees to it that each server key opens under one of our master keys. Throws `server/config-invalid`. */
export async function requireKeysToOpen(
  parts: { readonly store: SealedKeyStore; readonly keys: MasterKeys; readonly config: Config },
  o: Options,
): Promise<void> {
  const { store, keys, config } = parts;
  try {
    await requireMasterKeys({ store, ...keys }, o);
  } catch (cause) {
    if (!(cause instanceof TrustError)) throw cause;
    const files = Object.values(masterKeyFiles(config)).filter((file) => file !== undefined);
    const places = files.length === 0 ? "the environment" : files.join(", ");
    throw new ServerError(
      "server/config-invalid",
      `keys in the database do not open: ${cause.message}; looked in ${places}. Restore the one that was used`,
      { cause },
    );
  }
}
