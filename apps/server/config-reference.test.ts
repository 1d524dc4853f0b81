import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readConfig, variables } from "./config.ts";

const apps = join(import.meta.dirname, "..");
const page = join(apps, "../docs/reference/configuration.md");
const ROW = /^\| `(?<key>[a-z]\w*)` +\| (?:`(?<variable>\w+)`|–) +\| `(?<value>[^`]*)` +\|/gm;
const rows = [...readFileSync(page, "utf8").matchAll(ROW)].map((row) => ({ ...row.groups }));

test("the reference names every key of the configuration and its variable, and no other", () => {
  const documented = rows.map(({ key, variable }) => `${key} ${variable}`);
  const byKey = new Map(
    Object.entries(variables).map(([variable, key]) => [key as string, variable]),
  );
  const known = Object.keys(readConfig({}))
    .filter((key) => key !== "masterKey") // it is in the environment alone
    .map((key) => `${key} ${byKey.get(key)}`);
  expect(new Set(documented)).toEqual(new Set(known));
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

test("every variable that the server or the command reads is in the reference", () => {
  const sources = readdirSync(apps, { recursive: true, encoding: "utf8" }).filter(
    (file) => file.endsWith(".ts") && !/\.test\.ts$|testing\//.test(file),
  );
  const read = sources.flatMap((file) =>
    [...readFileSync(join(apps, file), "utf8").matchAll(/COUNTERSIGN_[A-Z0-9_]*[A-Z0-9]/g)].map(
      String,
    ),
  );
  const text = readFileSync(page, "utf8");
  expect([...new Set(read)].filter((name) => !text.includes(`\`${name}\``))).toEqual([]);
});
