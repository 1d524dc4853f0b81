import { expect, test } from "vitest";
import { composeFile, isNearExpiry, nextVersion, targetsPayload } from "#domain/tuf";

const now = Date.UTC(2026, 10, 22, 8, 0, 0, 120);
const day = 86_400_000;

test("the next version is one higher and good for as long as Notary has it", () => {
  const file = { version: 4, expires: 0 };
  expect(nextVersion(file, "root", now)).toEqual({ version: 5, expires: now + 3_650 * day });
  expect(nextVersion(file, "targets", now)).toEqual({ version: 5, expires: now + 1_095 * day });
  expect(nextVersion(file, "snapshot", now).expires).toBe(now + 1_095 * day);
});

test("less than half a year is near", () => {
  const expiring = (days: number) => ({ version: 1, expires: now + days * day });
  expect([-1, 0, 182, 183, 400].map((days) => isNearExpiry(expiring(days), now))).toEqual([
    true,
    true,
    true,
    false,
    false,
  ]);
});

test.for(["line\nbreak", "\u0000", "\ud800"])("text like %j is not signed", async (name) => {
  const targets = new Map([[name, { length: 1 }]]);
  const payload = { version: 1, expires: now, targets, keys: new Map(), delegations: [] };
  await expect(composeFile(targetsPayload(payload), [])).rejects.toMatchObject({
    code: "tuf/malformed",
  });
});
