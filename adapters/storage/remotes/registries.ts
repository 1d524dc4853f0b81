import type { Selectable } from "kysely";
import { parseAccountName } from "#domain/identity";
import { parseRegistryHost } from "#domain/oci";
import {
  ReaderError,
  parsePinnedCa,
  parseTrustServerUrl,
  type RegistryStore,
  type StoredRegistry,
} from "#services/reader";
import type { Database } from "../database.ts";
import type { Schema } from "../schema.ts";
import { isUniqueViolation } from "../unique-violation.ts";

/** Registered registries in SQL; a password only sealed. */
export function sqlRegistries(database: Database): RegistryStore {
  const all = () => database.selectFrom("registries").selectAll();
  return {
    async hosts() {
      const rows = await database.selectFrom("registries").select("host").orderBy("host").execute();
      return rows.map(({ host }) => parseRegistryHost(host));
    },
    list: async () => (await all().orderBy("host").execute()).map(registryOf),
    async find(host) {
      const row = await all().where("host", "=", host).executeTakeFirst();
      return row && registryOf(row);
    },
    async add(registry, { signal }) {
      signal.throwIfAborted();
      try {
        await database
          .insertInto("registries")
          .values({
            host: registry.host,
            trust_server: registry.trustServer,
            ca: registry.ca,
            username: registry.username ?? null,
            sealed_password: registry.sealedPassword ?? null,
            max_stale_seconds: registry.maxStaleSeconds,
            added_at: registry.addedAt,
            added_by: registry.addedBy,
          })
          .execute();
      } catch (cause) {
        if (!isUniqueViolation(cause)) throw cause;
        throw new ReaderError("reader/registry-taken", `${registry.host} is registered already`, {
          cause,
        });
      }
    },
    async remove(host, { signal }) {
      signal.throwIfAborted();
      const { numDeletedRows } = await database
        .deleteFrom("registries")
        .where("host", "=", host)
        .executeTakeFirstOrThrow();
      return numDeletedRows > 0n;
    },
  };
}

function registryOf(row: Selectable<Schema["registries"]>): StoredRegistry {
  return {
    host: parseRegistryHost(row.host),
    trustServer: parseTrustServerUrl(row.trust_server),
    ca: parsePinnedCa(row.ca),
    username: row.username ?? undefined,
    sealedPassword: row.sealed_password ?? undefined,
    maxStaleSeconds: row.max_stale_seconds,
    addedAt: row.added_at,
    addedBy: parseAccountName(row.added_by),
  };
}
