import { afterEach, expect, test } from "vitest";
import { parsePublicKey } from "#domain/tuf";
import type { JsonValue } from "#domain/json";
import { signRoot, signTargets, testKey, testRepository, type TestKey } from "#domain/tuf/testing";
import { startServer, type ServerUnderTest } from "../harness/server.ts";
import { multipart, tufPath } from "../interop/parity-publish.ts";
import { openLines, tokenOf, type Ask } from "./lines.ts";

const rounds = 100;
let server: ServerUnderTest | undefined;
afterEach(async () => {
  await server?.[Symbol.asyncDispose]();
  server = undefined;
});

test("a file read after a publish is acknowledged is of that publish, in every process and under load", async () => {
  server = await startServer({ env: { COUNTERSIGN_PROCESSES: "2" } });
  using open = openLines(server, 8);
  const [publishing, ...reading] = open.lines as [(typeof open.lines)[number]];
  const gun = `${server.registryHost}/acme/web`;
  const path = tufPath(gun);
  const scope = `repository:${gun}:pull,push`;
  const as = await tokenOf(server, publishing, {
    name: "admin",
    password: server.adminPassword,
    scope,
  });
  const owner = await testRepository(gun, Date.now());
  for (const role of ["timestamp", "snapshot"] as const) {
    const { text } = await publishing(`${path}${role}.key`, as);
    const listed = parsePublicKey(JSON.parse(text) as JsonValue) as TestKey["listed"];
    owner[role].keys = [{ ...testKey(), listed }];
  }
  const versionOn = async (line: (typeof open.lines)[number]): Promise<number> => {
    const { text } = await line(`${path}targets.json`, as);
    return (JSON.parse(text) as { readonly signed: { readonly version: number } }).signed.version;
  };

  for (let version = 1; version <= rounds; version += 1) {
    owner.targets.version = version;
    const parts = [{ name: "targets", bytes: await signTargets(owner.targets) }];
    if (version === 1) parts.push({ name: "root", bytes: await signRoot(owner) });
    // Read all the while, so that what is kept in memory is as new as it can be.
    const early = version === 1 ? [] : reading.map(versionOn);
    expect((await publishing(path, { ...as, ...update(as, parts) })).status).toBe(200);
    for (const read of await Promise.all(reading.map(versionOn))) expect(read).toBe(version);
    for (const read of await Promise.all(early)) expect([version - 1, version]).toContain(read);
  }
});

function update(as: Ask, parts: Parameters<typeof multipart>[0]): Ask {
  const contentType = "multipart/form-data; boundary=a-boundary-between-parts";
  const headers = { ...as.headers, "content-type": contentType };
  return { method: "POST", bytes: multipart(parts), headers };
}
