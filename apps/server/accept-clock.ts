import { sqlMetadataStore } from "#adapters/storage";
import type { Clock, Instant, Options } from "#domain/kernel";
import { readConfig, type Environment } from "./config.ts";
import { inDatabase } from "./in-database.ts";

/** Takes the clock as it is now for right: dates signed before may then be later than new ones. */
export async function acceptClock(
  parts: { readonly env: Environment; readonly clock: Clock },
  o: Options,
): Promise<{ readonly before: Instant; readonly now: Instant }> {
  return await inDatabase(readConfig(parts.env), async (database) => {
    const store = sqlMetadataStore(database);
    const { newest: before } = await store.signedDates(o);
    const now = parts.clock();
    await store.resetDate(now, o);
    return { before, now };
  });
}
