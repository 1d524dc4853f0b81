import fc from "fast-check";
import { expect, test } from "vitest";
import { rootRole, snapshotRole, targetsRole, timestampRole } from "#domain/tuf";
import { fileOf, qa, releases, swap } from "./forge.ts";
import { gun, remoteWorld } from "./remote-world.ts";

const roles = [rootRole, timestampRole, snapshotRole, targetsRole, releases, qa];
const signal = AbortSignal.timeout(60_000);

test("one changed byte in any file that is served: the image does not run", async () => {
  await using world = await remoteWorld();
  const { repository } = world;
  expect((await world.judge()).judgement).toMatchObject({ kind: "run" });
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...roles),
      fc.nat(100_000),
      fc.integer({ min: 1, max: 255 }),
      fc.boolean(),
      async (role, place, difference, isFirstContact) => {
        const original = fileOf(repository, role);
        const changed = Uint8Array.from(original);
        const index = place % changed.length;
        changed[index] = (changed[index] ?? 0) ^ difference;
        // What was verified once is kept and not fetched again: all of it is forgotten, or all but the pins.
        if (isFirstContact) await world.registries.forget(gun, { signal });
        else await world.forgetFiles();
        swap(repository, role, changed);
        const { judgement } = await world.judge();
        swap(repository, role, original);
        expect(judgement).toMatchObject({ kind: "refuse" });
      },
    ),
    { numRuns: 250 },
  );
});
