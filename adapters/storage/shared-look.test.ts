import { setImmediate as immediate } from "node:timers/promises";
import { expect, test } from "vitest";
import { sharedLook } from "./shared-look.ts";

/** A value that others change, and how often it was looked up. */
function watched() {
  let value = 1;
  let looks = 0;
  const look = sharedLook(() => {
    looks += 1;
    return value;
  });
  return {
    ...look,
    looks: () => looks,
    change: () => {
      value += 1;
    },
  };
}

test("who asks alone is given the value of that moment", () => {
  const { value, looks, change } = watched();
  expect(value()).toBe(1);
  change();
  expect(value()).toBe(2);
  expect(looks()).toBe(2);
});

test("all who ask together in one turn share a look that is made after the last of them asked", async () => {
  const { value, together, looks, change } = watched();
  const asked = async (): Promise<number> => {
    await together();
    await Promise.resolve();
    return value();
  };
  const early = [asked(), asked()];
  change();
  expect(await Promise.all([...early, asked()])).toEqual([2, 2, 2]);
  expect(looks()).toBe(1);
});

test("nothing of a look is left for the next turn", async () => {
  const { value, together, change } = watched();
  for (let round = 1; round <= 50; round += 1) {
    await together();
    expect(value()).toBe(round);
    await immediate();
    change();
    expect(value()).toBe(round + 1);
  }
});

test("a look that fails fails for each who asks, and for nobody who only waits", async () => {
  const { value, together } = sharedLook(() => {
    throw new Error("the database is closed");
  });
  await together();
  expect(value).toThrow("the database is closed");
});
