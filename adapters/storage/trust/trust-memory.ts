import type { Transaction } from "kysely";
import type { Gun } from "#domain/oci";
import { decodeRoot, parseRoleName, type RoleName, type SeenFile } from "#domain/tuf";
import type { Remembered, TrustMemory } from "#services/reader";
import type { Database } from "../database.ts";
import type { Schema } from "../schema.ts";

/** What was verified before, in SQL: shared by all who share the database, and only ever rising. */
export function sqlTrustMemory(database: Database): TrustMemory {
  return {
    recall: (gun) => recall(database, gun),
    async highest(gun, role) {
      return await database
        .selectFrom("trust_seen")
        .select(["version", "sha256"])
        .where("gun", "=", gun)
        .where("role", "=", role)
        .executeTakeFirst();
    },
    async raise(gun, { root, seen, gone, renewed }, { signal }) {
      signal.throwIfAborted();
      return await database.transaction().execute(async (transaction) => {
        const hasRisen = await raiseRoot(transaction, gun, root);
        if (hasRisen) await forgetRoles(transaction, gun, renewed);
        for (const [role, file] of seen) await raiseRole(transaction, { gun, role, file });
        await forgetRoles(transaction, gun, gone);
        return await recall(transaction, gun);
      });
    },
    async pin(gun, root, { signal }) {
      signal.throwIfAborted();
      const { version } = decodeRoot(root).signed;
      await database
        .insertInto("trust_roots")
        .values({ gun, version, bytes: root })
        .onConflict((conflict) => conflict.column("gun").doNothing())
        .execute();
    },
    async forget(gun, { signal }) {
      signal.throwIfAborted();
      await database.transaction().execute(async (transaction) => {
        await transaction.deleteFrom("trust_roots").where("gun", "=", gun).execute();
        await transaction.deleteFrom("trust_seen").where("gun", "=", gun).execute();
      });
    },
  };
}

async function recall(database: Database | Transaction<Schema>, gun: Gun): Promise<Remembered> {
  const root = await database
    .selectFrom("trust_roots")
    .select("bytes")
    .where("gun", "=", gun)
    .executeTakeFirst();
  const rows = await database
    .selectFrom("trust_seen")
    .select(["role", "version", "sha256"])
    .where("gun", "=", gun)
    .execute();
  return {
    root: root?.bytes,
    seen: new Map(
      rows.map(({ role, version, sha256 }) => [parseRoleName(role), { version, sha256 }]),
    ),
  };
}

async function raiseRoot(
  transaction: Transaction<Schema>,
  gun: Gun,
  bytes: Uint8Array,
): Promise<boolean> {
  const { version } = decodeRoot(bytes).signed;
  const { numInsertedOrUpdatedRows } = await transaction
    .insertInto("trust_roots")
    .values({ gun, version, bytes })
    .onConflict((conflict) =>
      conflict
        .column("gun")
        .doUpdateSet({ version, bytes })
        .where("trust_roots.version", "<", version),
    )
    .executeTakeFirstOrThrow();
  return (numInsertedOrUpdatedRows ?? 0n) > 0n;
}

async function forgetRoles(
  transaction: Transaction<Schema>,
  gun: Gun,
  roles: readonly RoleName[],
): Promise<void> {
  if (roles.length === 0) return;
  await transaction
    .deleteFrom("trust_seen")
    .where("gun", "=", gun)
    .where("role", "in", roles)
    .execute();
}

async function raiseRole(
  transaction: Transaction<Schema>,
  row: { readonly gun: Gun; readonly role: RoleName; readonly file: SeenFile },
): Promise<void> {
  const { version, sha256 } = row.file;
  await transaction
    .insertInto("trust_seen")
    .values({ gun: row.gun, role: row.role, version, sha256 })
    .onConflict((conflict) =>
      conflict
        .columns(["gun", "role"])
        .doUpdateSet({ version, sha256 })
        .where("trust_seen.version", "<", version),
    )
    .execute();
}
