import { expect, test } from "vitest";
import { perHour } from "./per-hour.ts";

const hourMs = 3_600_000;
const now = 1_000 * hourMs;

test("each moment counts in its hour, the present one last", () => {
  const counts = perHour([now, now - 1, now - hourMs - 1, now - 23 * hourMs - 1], now);
  expect(counts).toHaveLength(24);
  expect([counts[23], counts[22], counts[0]]).toEqual([2, 1, 1]);
});

test("what is older than a day does not count, and a clock that is ahead does no harm", () => {
  const counts = perHour([now - 24 * hourMs - 1, now + 5 * hourMs], now);
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(1);
  expect(counts[23]).toBe(1);
});
