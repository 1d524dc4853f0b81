import { parseGun, type Gun } from "#domain/oci";
import { parseRoleName, rootRole, snapshotRole, timestampRole, type RoleName } from "#domain/tuf";
import type { Instant } from "#domain/kernel";
import type { Expiries } from "#services/trust";
import type { Database } from "../database.ts";

/** When the newest root, snapshot and timestamp of a page of repositories expire. Reads an index alone. */
export async function expiriesOf(
  database: Database,
  { after, limit }: { readonly after: Gun | undefined; readonly limit: number },
): Promise<readonly Expiries[]> {
  const rows = await database
    .with("page", (from) =>
      from
        .selectFrom("trust_files")
        .select("gun")
        .distinct()
        .where("gun", ">", after ?? "")
        .orderBy("gun")
        .limit(limit),
    )
    .selectFrom("trust_files as file")
    .innerJoin("page", "page.gun", "file.gun")
    .select(["file.gun", "file.role", "file.expires_at"])
    .where("file.role", "in", [rootRole, snapshotRole, timestampRole])
    .where("file.version", "=", (row) =>
      row
        .selectFrom("trust_files as newest")
        .select((of) => of.fn.max("newest.version").as("version"))
        .whereRef("newest.gun", "=", "file.gun")
        .whereRef("newest.role", "=", "file.role"),
    )
    .orderBy("file.gun")
    .execute();
  const pages = new Map<string, Map<RoleName, Instant>>();
  for (const { gun, role, expires_at: expiresAt } of rows) {
    const at = pages.get(gun) ?? new Map<RoleName, Instant>();
    pages.set(gun, at.set(parseRoleName(role), expiresAt));
  }
  return [...pages].map(([gun, at]) => ({ gun: parseGun(gun).gun, at }));
}
