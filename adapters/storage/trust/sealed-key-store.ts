import type { Selectable } from "kysely";
import { parseGun, type Gun } from "#domain/oci";
import type { SealedKey, SealedKeyStore, ServerRole } from "#services/trust";
import type { Database } from "../database.ts";
import type { Schema } from "../schema.ts";

/** Server keys in SQL, each sealed before it comes here. */
export function sqlSealedKeyStore(database: Database): SealedKeyStore {
  const keys = (gun: Gun, role: ServerRole) =>
    database.selectFrom("trust_keys").selectAll().where("gun", "=", gun).where("role", "=", role);
  return {
    async find(gun, role, keyId) {
      const row = await keys(gun, role).where("key_id", "=", keyId).executeTakeFirst();
      return row && keyOf(row);
    },
    async unused(gun, role) {
      const row = await keys(gun, role)
        .where("is_used", "=", 0)
        .orderBy("id")
        .limit(1)
        .executeTakeFirst();
      return row && keyOf(row);
    },
    async add({ gun, role, keyId, public: key, sealed }, { signal }) {
      signal.throwIfAborted();
      await database
        .insertInto("trust_keys")
        .values({ gun, role, key_id: keyId, public: key, sealed, is_used: 0 })
        .execute();
    },
    async markUsed(gun, role, keyId) {
      await database
        .updateTable("trust_keys")
        .set({ is_used: 1 })
        .where("gun", "=", gun)
        .where("role", "=", role)
        .where("key_id", "=", keyId)
        .where("is_used", "=", 0)
        .execute();
    },
  };
}

function keyOf(row: Selectable<Schema["trust_keys"]>): SealedKey {
  return {
    gun: parseGun(row.gun).gun,
    role: row.role === "snapshot" ? "snapshot" : "timestamp",
    keyId: row.key_id,
    public: row.public,
    sealed: row.sealed,
  };
}
