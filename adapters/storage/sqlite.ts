import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import type { SqliteDatabase, SqliteStatement } from "kysely";
import { isBusy } from "./is-busy.ts";

export type Sqlite = SqliteDatabase & {
  /** A number that is another one once a different connection has committed anything. Costs microseconds. */
  dataVersion(): number;
  /**
   * Begins a transaction that has the lock to write from the start; or says at once that another process has
   * it. One that began by reading would fail where another process writes between its reading and its writing.
   */
  tryBegin(): boolean;
};

/**
 * Opens a SQLite file the durable way: write-ahead log, and every commit synced to the disk before it
 * returns (`synchronous = FULL`). `:memory:` gives a database of its own for a test.
 */
export function openSqlite(file: string): Sqlite {
  const database = new DatabaseSync(file);
  database.exec(patient);
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
      const statement = statementOf(database.prepare(sql));
      if (prepared.size < maxPrepared) prepared.set(sql, statement);
      return statement;
    },
    tryBegin() {
      database.exec("PRAGMA busy_timeout = 0");
      try {
        database.exec("BEGIN IMMEDIATE");
        return true;
      } catch (error) {
        if (isBusy(error)) return false;
        throw error;
      } finally {
        database.exec(patient);
      }
    },
    close() {
      prepared.clear();
      database.close();
    },
  };
}

/** A single statement has no second chance: it waits, and the process with it. */
const patient = "PRAGMA busy_timeout = 5000";

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
