import type { Selectable } from "kysely";
import { parseGun, type Gun } from "#domain/oci";
import { TrustError, type SealedKey, type SealedKeyStore, type ServerRole } from "#services/trust";
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
    add: (key, { signal }) => {
      signal.throwIfAborted();
      return add(database, key);
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
    async masterKey() {
      const row = await database.selectFrom("trust_master_key").select("id").executeTakeFirst();
      return row?.id;
    },
    async chooseMasterKey(id, { signal }) {
      signal.throwIfAborted();
      await database
        .insertInto("trust_master_key")
        .values({ only: 1, id })
        .onConflict((conflict) => conflict.column("only").doUpdateSet({ id }))
        .execute();
    },
    async masterKeys() {
      const rows = await database
        .selectFrom("trust_keys")
        .select((row) => ["master_key", row.fn.countAll<number>().as("keys")])
        .groupBy("master_key")
        .execute();
      return new Map(rows.map((row) => [row.master_key, row.keys]));
    },
    async page({ after, limit }) {
      const rows = await database
        .selectFrom("trust_keys")
        .selectAll()
        .where("id", ">", after)
        .orderBy("id")
        .limit(limit)
        .execute();
      return rows.map((row) => ({ ...keyOf(row), position: row.id }));
    },
    async reseal(changes, { signal }) {
      signal.throwIfAborted();
      await database.transaction().execute(async (transaction) => {
        for (const { key, sealed, masterKey } of changes)
          await transaction
            .updateTable("trust_keys")
            .set({ sealed, master_key: masterKey })
            .where("gun", "=", key.gun)
            .where("role", "=", key.role)
            .where("key_id", "=", key.keyId)
            .where("sealed", "=", key.sealed)
            .execute();
      });
    },
  };
}

/** The key goes in first, so that nobody changes the master key between the look and the end of it. */
async function add(database: Database, key: SealedKey): Promise<void> {
  const { gun, role, keyId, public: spki, sealed, masterKey } = key;
  await database.transaction().execute(async (transaction) => {
    await transaction
      .insertInto("trust_keys")
      .values({ gun, role, key_id: keyId, public: spki, sealed, is_used: 0, master_key: masterKey })
      .execute();
    const chosen = await transaction.selectFrom("trust_master_key").select("id").executeTakeFirst();
    if (chosen !== undefined && chosen.id !== masterKey)
      throw new TrustError("trust/master-key-changed", "new keys need another master key's seal");
  });
}

function keyOf(row: Selectable<Schema["trust_keys"]>): SealedKey {
  return {
    gun: parseGun(row.gun).gun,
    role: row.role === "snapshot" ? "snapshot" : "timestamp",
    keyId: row.key_id,
    public: row.public,
    sealed: row.sealed,
    masterKey: row.master_key,
  };
}
