import { setTimeout as delay } from "node:timers/promises";
import { SqliteDialect, SqliteDriver, type Driver } from "kysely";
import type { Sqlite } from "./sqlite.ts";

const longestMs = 5_000;

/**
 * SQLite for several processes: a transaction that must wait for another process to write lets its own
 * process go on meanwhile, and asks again soon, so that none is passed over for long.
 */
export class PatientDialect extends SqliteDialect {
  readonly #sqlite: Sqlite;

  constructor(sqlite: Sqlite) {
    super({ database: sqlite });
    this.#sqlite = sqlite;
  }

  override createDriver(): Driver {
    return new PatientDriver(this.#sqlite);
  }
}

class PatientDriver extends SqliteDriver {
  readonly #sqlite: Sqlite;

  constructor(sqlite: Sqlite) {
    super({ database: sqlite });
    this.#sqlite = sqlite;
  }

  override async beginTransaction(): Promise<void> {
    const giveUp = performance.now() + longestMs;
    while (!this.#sqlite.tryBegin()) {
      if (performance.now() > giveUp)
        throw new Error("another process keeps the database from being written");
      await delay(1 + 2 * Math.random());
    }
  }
}
