import { expect, test } from "vitest";
import { serve, testKey } from "#domain/tuf/testing";
import { rotateRoot } from "./forge.ts";
import { reasonsOf, remoteWorld, type RemoteWorld } from "./remote-world.ts";

const far = Number.MAX_SAFE_INTEGER;

/** A thief of the online keys has raised the versions as far as they go, and everybody believed it. */
async function fastForwarded(): Promise<RemoteWorld> {
  const world = await remoteWorld();
  expect((await world.judge()).judgement).toMatchObject({ kind: "run" });
  Object.assign(world.repository.timestamp, { version: far });
  Object.assign(world.repository.snapshot, { version: far });
  await world.repository.publish();
  expect(await world.read()).toMatchObject({ kind: "verified", timestampVersion: far });
  return world;
}

function backToEarth({ repository }: RemoteWorld): void {
  repository.timestamp.version = 2;
  repository.snapshot.version = 2;
}

test("versions out of reach stay so: what the owner publishes is older", async () => {
  await using world = await fastForwarded();
  backToEarth(world);
  await world.repository.publish();
  expect(await world.read()).toMatchObject({ kind: "rolled-back", role: "timestamp" });
  expect(reasonsOf((await world.judge()).decision)).toContain("rolled-back");
});

test("a root with new online keys lets the repository begin again, and the thief stays out", async () => {
  await using world = await fastForwarded();
  const { repository } = world;
  const stolen = new Map(repository.current);
  repository.timestamp.keys = [testKey()];
  repository.snapshot.keys = [testKey()];
  backToEarth(world);
  await rotateRoot(repository);
  await repository.publish();
  expect(await world.read()).toMatchObject({
    kind: "verified",
    rootVersion: 2,
    timestampVersion: 2,
  });
  expect((await world.judge()).judgement).toMatchObject({ kind: "run" });
  await world.restart();
  expect(await world.read()).toMatchObject({ kind: "verified", timestampVersion: 2 });

  for (const role of ["timestamp", "snapshot"]) {
    const bytes = stolen.get(role as never);
    if (bytes !== undefined) serve(repository, role as never, bytes);
  }
  expect(await world.read()).toMatchObject({ kind: "tampered", role: "timestamp" });
  expect((await world.judge()).judgement).toMatchObject({ kind: "refuse" });
});

test("after the recovery versions rise again as ever", async () => {
  await using world = await fastForwarded();
  const { repository } = world;
  repository.timestamp.keys = [testKey()];
  repository.snapshot.keys = [testKey()];
  backToEarth(world);
  await rotateRoot(repository);
  const old = await repository.publish();
  await world.read();
  await repository.republish();
  expect(await world.read()).toMatchObject({ kind: "verified", timestampVersion: 3 });
  for (const [role, bytes] of old) serve(repository, role, bytes);
  expect(await world.read()).toMatchObject({
    kind: "rolled-back",
    role: "timestamp",
    seenVersion: 3,
  });
});

test("targets out of reach begin again under new targets keys", async () => {
  await using world = await remoteWorld();
  const { repository } = world;
  await world.read();
  repository.targets.version = far;
  await repository.republish();
  expect(await world.read()).toMatchObject({ kind: "verified", roles: [{ version: far }, {}, {}] });
  repository.targets.version = 2;
  await repository.republish();
  expect(await world.read()).toMatchObject({ kind: "rolled-back", role: "targets" });
  repository.targets.keys = [testKey()];
  await rotateRoot(repository);
  await repository.republish();
  expect((await world.judge()).judgement).toMatchObject({ kind: "run" });
});

test("a root that only adds a key forgets nothing: what the old key signed would still be good", async () => {
  await using world = await fastForwarded();
  const { repository } = world;
  repository.timestamp.keys = [...repository.timestamp.keys, testKey()];
  repository.snapshot.keys = [testKey()];
  backToEarth(world);
  await rotateRoot(repository);
  await repository.publish();
  expect(await world.read()).toMatchObject({ kind: "rolled-back", role: "timestamp" });
});
