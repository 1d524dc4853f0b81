import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "kysely";
import { expect, test } from "vitest";
import { openDatabase } from "./database.ts";

test("a file is migrated once and opens again", async () => {
  const directory = await mkdtemp(join(tmpdir(), "countersign-"));
  try {
    const file = join(directory, "database.sqlite");
    await (await openDatabase(file)).destroy();
    const again = await openDatabase(file);
    const { rows } = await sql<{
      mode: string;
    }>`select journal_mode as mode from pragma_journal_mode`.execute(again);
    expect(rows).toEqual([{ mode: "wal" }]);
    await again.destroy();
  } finally {
    await rm(directory, { recursive: true });
  }
});

test("a transaction that reads before it writes keeps its place before another process", async () => {
  const directory = await mkdtemp(join(tmpdir(), "countersign-"));
  try {
    const file = join(directory, "database.sqlite");
    const [ours, theirs] = [await openDatabase(file), await openDatabase(file)];
    await sql`pragma busy_timeout = 0`.execute(theirs); // one thread: waiting would stop both
    const write = (until: number) => ({ name: "work", holder: "us", until });
    await ours.transaction().execute(async (transaction) => {
      await transaction.selectFrom("trust_leases").selectAll().execute();
      await expect(theirs.insertInto("trust_leases").values(write(1)).execute()).rejects.toThrow(
        "database is locked",
      );
      await transaction.insertInto("trust_leases").values(write(2)).execute();
    });
    const rows = await theirs.selectFrom("trust_leases").select("until").execute();
    expect(rows).toEqual([{ until: 2 }]);
    await ours.destroy();
    await theirs.destroy();
  } finally {
    await rm(directory, { recursive: true });
  }
});

test("a transaction that waits for another process lets its own process go on", async () => {
  const directory = await mkdtemp(join(tmpdir(), "countersign-"));
  try {
    const file = join(directory, "database.sqlite");
    const [ours, theirs] = [await openDatabase(file), await openDatabase(file)];
    const write = (name: string) => ({ name, holder: "us", until: 1 });
    const waiting = await ours.transaction().execute(async (transaction) => {
      await transaction.insertInto("trust_leases").values(write("first")).execute();
      const second = theirs
        .transaction()
        .execute((other) => other.insertInto("trust_leases").values(write("second")).execute());
      await new Promise((resolve) => setTimeout(resolve, 20)); // both are in this one thread
      await transaction.insertInto("trust_leases").values(write("third")).execute();
      return [second];
    });
    await Promise.all(waiting);
    const rows = await ours.selectFrom("trust_leases").select("name").execute();
    expect(rows).toHaveLength(3);
    await ours.destroy();
    await theirs.destroy();
  } finally {
    await rm(directory, { recursive: true });
  }
});
