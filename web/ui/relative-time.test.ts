import { expect, test } from "vitest";
import { relativeTime } from "./relative-time.ts";

const now = Date.parse("2026-11-22T12:00:00Z");

test.for([
  [-1_000, "just now"],
  [-5 * 60_000, "5 minutes ago"],
  [-2 * 3_600_000, "2 hours ago"],
  [-86_400_000, "yesterday"],
  [6 * 86_400_000, "in 6 days"],
  [-60 * 86_400_000, "Sep 23"],
  [400 * 86_400_000, "Dec 27, 2027"],
] as const)("%i milliseconds from now reads %s", ([away, text]) => {
  expect(relativeTime(now + away, now)).toBe(text);
});
