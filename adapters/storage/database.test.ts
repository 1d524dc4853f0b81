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
