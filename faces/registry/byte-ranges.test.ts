import { expect, test } from "vitest";
import { rangeWithin, tryContentRange } from "./byte-ranges.ts";

test.for([
  ["0-9", { start: 0, end: 9 }],
  ["10-10", { start: 10, end: 10 }],
  ["bytes 5-9/20", { start: 5, end: 9 }],
  ["bytes=5-9", { start: 5, end: 9 }],
  ["5-4", undefined],
  ["-5", undefined],
  ["5-", undefined],
  ["a-b", undefined],
  ["0-9, 20-29", undefined],
  ["0-99999999999999999999", undefined],
] as const)("Content-Range %s", ([text, range]) => {
  expect(tryContentRange(text)).toEqual(range);
});

test.for([
  [undefined, "whole"],
  ["bytes=0-3", { start: 0, end: 3 }],
  ["bytes=4-", { start: 4, end: 9 }],
  ["bytes=8-99", { start: 8, end: 9 }],
  ["bytes=-3", { start: 7, end: 9 }],
  ["bytes=-30", { start: 0, end: 9 }],
  ["bytes=-0", "outside"],
  ["bytes=10-", "outside"],
  ["bytes=5-4", "whole"],
  ["bytes=-", "whole"],
  ["bytes=0-1,3-4", "whole"],
  ["lines=0-1", "whole"],
] as const)("Range %s of ten bytes", ([text, range]) => {
  expect(rangeWithin(text, 10)).toEqual(range);
});

test("an empty blob has no range", () => {
  expect(rangeWithin("bytes=0-", 0)).toBe("outside");
  expect(rangeWithin("bytes=-1", 0)).toBe("outside");
});
