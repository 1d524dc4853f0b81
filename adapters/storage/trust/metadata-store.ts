import type { Selectable, Transaction } from "kysely";
import { parseGun, type Gun } from "#domain/oci";
import { parseRoleName, timestampRole, type RoleName } from "#domain/tuf";
import {
  TrustError,
  type Change,
  type ChangeQuery,
  type MetadataStore,
  type StoredFile,
} from "#services/trust";
import type { Database } from "../database.ts";
import type { Schema } from "../schema.ts";
import { expiriesOf } from "./expiries.ts";
import { datesIn, raiseDate } from "./signed-dates.ts";

/** Trust metadata in SQL. A version is taken by its row: of two who publish the same one, one loses. */
export function sqlMetadataStore(database: Database): MetadataStore {
  const files = (gun: Gun, role: RoleName) =>
    database.selectFrom("trust_files").selectAll().where("gun", "=", gun).where("role", "=", role);
  return {
    async current(gun, role) {
      const row = await files(gun, role).orderBy("version", "desc").limit(1).executeTakeFirst();
      return row && fileOf(row);
    },
    async byChecksum(gun, role, sha256) {
      const row = await files(gun, role).where("sha256", "=", sha256).limit(1).executeTakeFirst();
      return row && fileOf(row);
    },
    async byVersion(gun, role, version) {
      const row = await files(gun, role).where("version", "=", version).executeTakeFirst();
      return row && fileOf(row);
    },
    async publish(gun, { files: published, retired }, { signal }) {
      signal.throwIfAborted();
      await database.transaction().execute(async (transaction) => {
        // First, for it takes the lock that writing needs: a transaction that begins by reading may lose its place.
        await raiseDate(transaction, Math.max(0, ...published.map(({ storedAt }) => storedAt)));
        if (retired.length > 0)
          await transaction
            .deleteFrom("trust_files")
            .where("gun", "=", gun)
            .where("role", "in", retired)
            .execute();
        await insertNewer(transaction, gun, published);
      });
    },
    async remove(gun, at, { signal }) {
      signal.throwIfAborted();
      await database.transaction().execute(async (transaction) => {
        const { numDeletedRows } = await transaction
          .deleteFrom("trust_files")
          .where("gun", "=", gun)
          .executeTakeFirstOrThrow();
        if (numDeletedRows === 0n) return;
        await transaction
          .insertInto("trust_changes")
          .values({ at, gun, version: 0, sha256: "", category: "deletion" })
          .execute();
      });
    },
    changes: (query) => changesOf(database, query),
    async guns() {
      const rows = await database
        .selectFrom("trust_files")
        .select("gun")
        .distinct()
        .orderBy("gun")
        .execute();
      return rows.map((row) => parseGun(row.gun).gun);
    },
    expiries: (query) => expiriesOf(database, query),
    ...datesIn(database),
  };
}

/** One look and one insert for all files: of a publish most of the time goes where SQL is made and run. */
async function insertNewer(
  transaction: Transaction<Schema>,
  gun: Gun,
  files: readonly StoredFile[],
): Promise<void> {
  if (files.length === 0) return;
  const newer = await transaction
    .selectFrom("trust_files")
    .select(["role", "version"])
    // All three in each: SQLite seeks in an index for each of them, where it would go through all versions.
    .where((row) =>
      row.or(
        files.map(({ role, version }) =>
          row.and([row("gun", "=", gun), row("role", "=", role), row("version", ">=", version)]),
        ),
      ),
    )
    .limit(1)
    .executeTakeFirst();
  if (newer !== undefined)
    throw new TrustError("trust/version-conflict", `${newer.role} is at ${newer.version} already`);
  await transaction
    .insertInto("trust_files")
    .values(
      files.map(({ role, version, sha256, bytes, expiresAt, storedAt }) => ({
        gun,
        role,
        version,
        sha256,
        bytes,
        expires_at: expiresAt,
        stored_at: storedAt,
      })),
    )
    .execute();
  for (const { role, version, sha256, storedAt } of files)
    if (role === timestampRole)
      await transaction
        .insertInto("trust_changes")
        .values({ at: storedAt, gun, version, sha256, category: "update" })
        .execute();
}

async function changesOf(database: Database, query: ChangeQuery): Promise<readonly Change[]> {
  const { gun, range, limit } = query;
  const all = database.selectFrom("trust_changes").selectAll().limit(limit);
  const ours = gun === undefined ? all : all.where("gun", "=", gun);
  const rows =
    "after" in range
      ? await ours.where("id", ">", range.after).orderBy("id").execute()
      : (await ours.where("id", "<", range.before).orderBy("id", "desc").execute()).reverse();
  return rows.map((row) => ({
    id: row.id,
    at: row.at,
    gun: parseGun(row.gun).gun,
    version: row.version,
    sha256: row.sha256,
    category: row.category === "deletion" ? "deletion" : "update",
  }));
}

function fileOf(row: Selectable<Schema["trust_files"]>): StoredFile {
  return {
    role: parseRoleName(row.role),
    version: row.version,
    sha256: row.sha256,
    bytes: row.bytes,
    expiresAt: row.expires_at,
    storedAt: row.stored_at,
  };
}
