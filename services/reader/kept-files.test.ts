import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { parseGun } from "#domain/oci";
import { targetsRole } from "#domain/tuf";
import { inMemoryFileCache } from "#services/reader/testing";
import { sparing } from "./kept-files.ts";

const o = { signal: new AbortController().signal };
const { gun } = parseGun("other.test/acme/web");
const bytes = Buffer.from("a file");
const name = createHash("sha256").update(bytes).digest("hex");

async function asked(kept: Uint8Array): Promise<number> {
  let fetched = 0;
  const nothing = () => Promise.resolve(undefined);
  const byChecksum = () => Promise.resolve(((fetched += 1), bytes));
  const cache = inMemoryFileCache();
  await cache.keep(gun, { timestamp: bytes, at: 0, files: new Map([[name, kept]]) }, o);
  const { source, recorded } = sparing({ current: nothing, byVersion: nothing, byChecksum }, cache);
  expect(await source.byChecksum(gun, targetsRole, name, o)).toEqual(bytes);
  expect([...recorded.files]).toEqual([[name, bytes]]);
  return fetched;
}

test("a kept file is not fetched, and one that is not what its name says is", async () => {
  expect(await asked(bytes)).toBe(0);
  expect(await asked(Buffer.from("a fake"))).toBe(1);
});
