import { expect, test } from "vitest";
import { mapBounded } from "./map-bounded.ts";

test("no more than so many are under way, and results keep the order of the items", async () => {
  let underWay = 0;
  let most = 0;
  const doubled = await mapBounded(3, [1, 2, 3, 4, 5, 6, 7], async (item) => {
    most = Math.max(most, (underWay += 1));
    for (let turns = 10 - item; turns > 0; turns -= 1) await Promise.resolve();
    underWay -= 1;
    return item * 2;
  });
  expect(doubled).toEqual([2, 4, 6, 8, 10, 12, 14]);
  expect(most).toBe(3);
});

test("after a failure nothing more is begun, and what is under way ends first", async () => {
  const begun: number[] = [];
  const ended: number[] = [];
  const mapped = mapBounded(2, [1, 2, 3, 4], async (item) => {
    begun.push(item);
    if (item === 1) throw new Error("one failed");
    for (let turns = 0; turns < 20; turns += 1) await Promise.resolve();
    ended.push(item);
  });
  await expect(mapped).rejects.toThrow("one failed");
  expect({ begun, ended }).toEqual({ begun: [1, 2], ended: [2] });
});
