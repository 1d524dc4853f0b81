import { parseRegistryHost } from "#domain/oci";
import type { Options } from "#domain/kernel";
import { passwordPlace } from "#services/reader";
import type { Database } from "../database.ts";

type Sealed = { readonly place: string; readonly sealed: Uint8Array };

/** The sealed passwords of other registries, for whoever changes the master key. */
export type SealedPasswords = {
  list(o: Options): Promise<readonly Sealed[]>;
  /** A seal that somebody replaced meanwhile is left alone. */
  replace(from: Sealed, to: Uint8Array, o: Options): Promise<void>;
};

export function sqlSealedPasswords(database: Database): SealedPasswords {
  return {
    async list() {
      const rows = await database
        .selectFrom("registries")
        .select(["host", "sealed_password"])
        .orderBy("host")
        .execute();
      return rows.flatMap(({ host, sealed_password: sealed }) =>
        sealed === null ? [] : [{ place: passwordPlace(parseRegistryHost(host)), sealed }],
      );
    },
    async replace({ sealed }, to, { signal }) {
      signal.throwIfAborted();
      await database
        .updateTable("registries")
        .set({ sealed_password: to })
        .where("sealed_password", "=", sealed)
        .execute();
    },
  };
}
