import type { TestRepository } from "#domain/tuf/testing";
import type { RemoteWorld } from "./remote-world.ts";

type Role = TestRepository["targets"];
type OnlineRole = TestRepository["timestamp"];

/** Further than any attack here has raised a version that was believed. */
const beyond = 1_000;
const timestampMs = 14 * 86_400_000;

/**
 * Keeps what the owner's repository is before an attack. What it gives lets the owner publish again afterwards:
 * everything as it was, in versions beyond those that the attacker made believe.
 */
export function ownerOf(
  world: Pick<RemoteWorld, "repository" | "releases" | "qa" | "now">,
): () => Promise<void> {
  const { repository } = world;
  const { root, targets, snapshot, timestamp } = repository;
  const files = { current: new Map(repository.current), shelf: new Map(repository.shelf) };
  const restores = [keep(root), keepTree(targets), keep(snapshot), keep(timestamp)];
  return async () => {
    for (const restore of restores) restore();
    replace(repository.current, files.current);
    replace(repository.shelf, files.shelf);
    world.repository = repository;
    timestamp.expires = Math.max(timestamp.expires, world.now + timestampMs);
    for (const role of [targets, world.releases, world.qa, snapshot, timestamp])
      role.version += beyond;
    await repository.publish();
  };
}

function keep(role: OnlineRole): () => void {
  const before = { ...role };
  return () => void Object.assign(role, before);
}

function keepTree(role: Role): () => void {
  const restores = [keep(role), ...[...role.children.values()].map(keepTree)];
  const [targets, children] = [new Map(role.targets), new Map(role.children)];
  return () => {
    for (const restore of restores) restore();
    role.targets = new Map(targets);
    role.children = new Map(children);
  };
}

function replace<Name, Value>(map: Map<Name, Value>, entries: ReadonlyMap<Name, Value>): void {
  map.clear();
  for (const [name, value] of entries) map.set(name, value);
}
