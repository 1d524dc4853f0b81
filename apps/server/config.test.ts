import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readConfig } from "./config.ts";

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
