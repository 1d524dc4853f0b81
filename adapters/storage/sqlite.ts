import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import type { SqliteDatabase, SqliteStatement } from "kysely";

/**
 * Opens a SQLite file the durable way: write-ahead log, and every commit synced to the disk before it
 * returns (`synchronous = FULL`). `:memory:` gives a database of its own for a test.
 */
export function openSqlite(file: string): SqliteDatabase & {
  /** A number that is another one once a different connection has committed anything. Costs microseconds. */
  dataVersion(): number;
} {
  const database = new DatabaseSync(file);
  database.exec("PRAGMA busy_timeout = 5000");
  database.exec("PRAGMA journal_mode = WAL");
  database.exec("PRAGMA synchronous = FULL");
  database.exec("PRAGMA foreign_keys = ON");
  const prepared = new Map<string, SqliteStatement>();
  const version = database.prepare("PRAGMA data_version");
  return {
    dataVersion: () => Number(version.get()?.["data_version"]),
    prepare(sql) {
      const known = prepared.get(sql);
      if (known !== undefined) return known;
      const statement = statementOf(database.prepare(sql === "begin" ? beginToWrite : sql));
      if (prepared.size < maxPrepared) prepared.set(sql, statement);
      return statement;
    },
    close() {
      prepared.clear();
      database.close();
    },
  };
}

/**
 * Every transaction of ours writes. One that begins by reading would fail where another process writes
 * between its reading and its writing; with the lock taken first, the other one waits.
 */
const beginToWrite = "begin immediate";

/** Statements are few and fixed; the bound only keeps lists of varying length from piling up. */
const maxPrepared = 500;

function statementOf(statement: StatementSync): SqliteStatement {
  const values = (parameters: readonly unknown[]): SQLInputValue[] => parameters as SQLInputValue[];
  return {
    reader: statement.columns().length > 0,
    all: (parameters) => statement.all(...values(parameters)),
    run: (parameters) => statement.run(...values(parameters)),
    iterate: (parameters) => statement.iterate(...values(parameters)),
  };
}
