import type { Kysely } from "kysely";

/** Tables of `services/gatekeeper`. */
export async function up(database: Kysely<unknown>): Promise<void> {
  await Promise.resolve(database);
}
