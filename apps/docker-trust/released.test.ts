import fc from "fast-check";
import { expect, test } from "vitest";
import { byNature } from "./released.ts";

test("tags stand in the order in which docker 28 lists them", () => {
  const listed =
    "0 00 1 1-a 1.1 1.1a 1.01 1.01b 1.001 1.001a 1.9 1.10 1.a 1_a 1a 01 001 2 02 10a A a a1 a1b a01b a001 b b0 b00 v1.2 v1.2-rc v1.2.0 v1.02 x1y2 x1y02 x01y1 x01y2";
  const tags = listed.split(" ");
  expect(tags.toReversed().toSorted(byNature)).toEqual(tags);
});

test("the order is one: of two tags, one is first, whichever is asked about", () => {
  const tag = fc.stringMatching(/^[a-z0-9.]{0,8}$/);
  fc.assert(
    fc.property(tag, tag, tag, (a, b, c) => {
      expect(Math.sign(byNature(a, b))).toBe(-Math.sign(byNature(b, a)) + 0);
      if (byNature(a, b) < 0 && byNature(b, c) < 0) expect(byNature(a, c)).toBeLessThan(0);
      if (a !== b) expect(byNature(a, b)).not.toBe(0);
    }),
  );
});
