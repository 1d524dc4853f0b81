import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readConfig, variables } from "./config.ts";

const page = join(import.meta.dirname, "../../docs/reference/configuration.md");
const ROW = /^\| `(?<key>[a-z]\w*)` +\| (?:`(?<variable>\w+)`|–) +\| `(?<value>[^`]*)` +\|/gm;
const rows = [...readFileSync(page, "utf8").matchAll(ROW)].map((row) => ({ ...row.groups }));

test("the reference names every key of the configuration and its variable, and no other", () => {
  const documented = rows.map(({ key, variable }) => [key, variable]);
  const byKey = new Map(
    Object.entries(variables).map(([variable, key]) => [key as string, variable]),
  );
  const known = Object.keys(readConfig({}))
    .filter((key) => key !== "masterKey") // it is in the environment alone
    .map((key) => [key, byKey.get(key)]);
  expect(documented.toSorted()).toEqual(known.toSorted());
});

test("the defaults in the reference are the defaults", () => {
  const directory = mkdtempSync(join(tmpdir(), "countersign-"));
  try {
    const file = join(directory, "countersign.toml");
    writeFileSync(file, rows.map(({ key, value }) => `${key} = ${value}\n`).join(""));
    expect(readConfig({ COUNTERSIGN_CONFIG: file })).toEqual(readConfig({}));
  } finally {
    rmSync(directory, { recursive: true });
  }
});
