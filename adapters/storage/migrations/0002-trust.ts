import type { Kysely } from "kysely";

/** Tables of `services/trust`. */
export async function up(database: Kysely<unknown>): Promise<void> {
  await Promise.resolve(database);
}
