import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { engineDirectories, hostsFile, readSettings } from "./settings.ts";

let data: string;
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), "countersign-settings-"));
});
afterEach(() => rmSync(data, { recursive: true, force: true }));

test("without a word everything is on localhost", () => {
  expect(readSettings({ DATA: data })).toMatchObject({
    host: "localhost:8443",
    listen: { address: "127.0.0.1", port: 8443 },
    gatewayHost: "localhost:2376",
    gatewayListen: { address: "127.0.0.1", port: 2376 },
    earlierHost: undefined,
    engine: "auto",
  });
});

test("a host of one's own listens everywhere, on 443 unless it says otherwise", () => {
  expect(readSettings({ DATA: data, HOST: "Registry.Lab" })).toMatchObject({
    host: "registry.lab",
    listen: { address: "0.0.0.0", port: 443 },
    gatewayHost: "registry.lab:2376",
  });
  expect(readSettings({ DATA: data, HOST: "registry.lab:5000" }).listen.port).toBe(5000);
});

test("the host of the last start stays, and another one is noticed", () => {
  const earlier = { host: "registry.lab:5000", gatewayHost: "registry.lab:5001" };
  writeFileSync(hostsFile(data), JSON.stringify(earlier));
  expect(readSettings({ DATA: data })).toMatchObject({ ...earlier, earlierHost: undefined });
  expect(readSettings({ DATA: data, HOST: "localhost:8443" })).toMatchObject({
    gatewayHost: "localhost:2376",
    earlierHost: "registry.lab:5000",
  });
});

test.for(["https://registry.lab", "registry.lab:0", "registry.lab:99999", "a b", "-x", "x:"])(
  "%j is no host",
  (host) => {
    expect(() => readSettings({ DATA: data, HOST: host })).toThrow("is not a host");
  },
);

test("an engine whose sockets would have too long a path keeps them elsewhere", () => {
  expect(engineDirectories("/srv/data").run).toBe("/srv/data/engine");
  const { root, run } = engineDirectories(`/srv/${"long/".repeat(20)}data`);
  expect(root).toContain("long");
  expect(run).toMatch(/^\/run\/countersign-[0-9a-f]{12}$/);
});
