import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { inspect } from "node:util";
import { printConfig, readConfig } from "./config.ts";

test("the defaults serve this machine alone", () => {
  expect(readConfig({})).toMatchObject({
    host: "localhost:8443",
    listen: { host: "127.0.0.1", port: 8443 },
    gatewayListen: { host: "127.0.0.1", port: 2376 },
  });
});

test("the environment goes before the file", () => {
  const directory = mkdtempSync(join(tmpdir(), "countersign-"));
  try {
    const file = join(directory, "countersign.toml");
    writeFileSync(file, 'host = "registry.lab"\nlisten = "0.0.0.0:443"\n');
    const config = readConfig({ COUNTERSIGN_CONFIG: file, COUNTERSIGN_LISTEN: "[::1]:0" });
    expect(config).toMatchObject({ host: "registry.lab", listen: { host: "::1", port: 0 } });
    writeFileSync(file, 'hots = "registry.lab"\n');
    expect(() => readConfig({ COUNTERSIGN_CONFIG: file })).toThrowError(
      expect.objectContaining({ code: "server/config-invalid" }),
    );
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test.for([
  { COUNTERSIGN_LISTEN: "8443" },
  { COUNTERSIGN_HOST: "not a host" },
  { COUNTERSIGN_ENGINE: "tcp://somewhere:2375" },
  { COUNTERSIGN_CONFIG: "/does/not/exist.toml" },
])("%j is refused with a sentence", (env) => {
  expect(() => readConfig(env)).toThrowError(
    expect.objectContaining({ code: "server/config-invalid" }),
  );
});

test("a master key in the environment shows nowhere, and no child inherits it", () => {
  const text = Buffer.alloc(32, 0xa7).toString("base64");
  process.env["COUNTERSIGN_MASTER_KEY"] = text;
  const config = readConfig({ ...process.env });
  expect(config.masterKey?.reveal()).toEqual(Buffer.alloc(32, 0xa7));
  const shown = [printConfig(config), inspect(config, { depth: 9 }), String(config.masterKey)];
  for (const each of shown) {
    expect(each).toContain("(hidden)");
    expect(each).not.toMatch(/p6en|a7a7|a7 a7|167/);
  }
  expect(process.env["COUNTERSIGN_MASTER_KEY"]).toBeUndefined();
  expect(JSON.parse(printConfig(readConfig({})))).not.toHaveProperty("masterKey");
});

test.for([
  { COUNTERSIGN_MASTER_KEY: "c2hvcnQ=" },
  { COUNTERSIGN_MASTER_KEY: "not base64 at all" },
  {
    COUNTERSIGN_MASTER_KEY: Buffer.alloc(32, 0xa7).toString("base64"),
    COUNTERSIGN_MASTER_KEY_FILE: "/run/secrets/master",
  },
])("a wrong master key is refused, and the refusal does not show it", (env) => {
  try {
    readConfig(env);
    expect.unreachable();
  } catch (error) {
    expect(error).toMatchObject({ code: "server/config-invalid" });
    expect(inspect(error, { depth: 9 })).not.toContain(env.COUNTERSIGN_MASTER_KEY);
  }
});
