import { expect, test } from "vitest";
import { parseGun } from "#domain/oci";
import {
  isTargetsRole,
  parseRoleName,
  rootRole,
  snapshotRole,
  timestampRole,
  type RoleName,
} from "#domain/tuf";
import {
  certifiedKey,
  signRoot,
  testKey,
  testRepository,
  type TestRepository,
} from "#domain/tuf/testing";
import { importInto, judge, type ArchivedRepository } from "#services/archive";

const o = { signal: AbortSignal.timeout(60_000) };
const now = Date.UTC(2026, 10, 22);
const day = 86_400_000;
const { gun } = parseGun("other.test:5000/acme/web");
const qa = parseRoleName("targets/qa");

/** What a server's operator can put into an archive: everything it ever had, under snapshots of its own. */
function archiveOf({ current, shelf, root }: TestRepository): ArchivedRepository {
  const file = (role: RoleName): Uint8Array => current.get(role) ?? new Uint8Array();
  const versions = Array.from({ length: root.version }, (_, at) => at + 1);
  return {
    gun,
    server: "https://other.test:5000",
    archivedAt: now,
    roots: new Map(
      versions.map((version) => [version, shelf.get(`root.${version}`) ?? file(rootRole)]),
    ),
    timestamp: file(timestampRole),
    snapshot: file(snapshotRole),
    targets: new Map([...current].filter(([role]) => isTargetsRole(role))),
  };
}

const importing = (repository: ArchivedRepository) => ({
  repository,
  judgement: judge(repository, now),
});

function cacheOf() {
  const files = new Map<RoleName, Uint8Array>();
  return {
    files,
    file: (role: RoleName) => Promise.resolve(files.get(role)),
    writeFiles: (more: ReadonlyMap<RoleName, Uint8Array>) => {
      for (const [role, bytes] of more) files.set(role, bytes);
      return Promise.resolve();
    },
  };
}

/** A client that has seen the newer of two lists. */
async function seen() {
  const repository = await testRepository(gun, now - day);
  const role = repository.delegate(qa, {});
  role.targets.set("1.0", "revoked later");
  await repository.publish();
  const [oldTargets, oldList] = [
    repository.current.get("targets" as RoleName),
    repository.current.get(qa),
  ];
  if (oldTargets === undefined || oldList === undefined) throw new Error("nothing published");
  role.targets.clear();
  role.version = 2;
  repository.targets.version = 2;
  repository.targets.targets.set("x", "x");
  await repository.republish();
  const cache = cacheOf();
  await importInto(cache, importing(archiveOf(repository)), o);
  return { repository, cache, oldTargets, oldList };
}

async function nextRoot(repository: TestRepository): Promise<Uint8Array> {
  const before = repository.root.keys;
  const terms = { notBefore: now - day, notAfter: now + 3_650 * day };
  repository.root.keys = [await certifiedKey({ name: gun, ...terms })];
  repository.root.version += 1;
  return await signRoot(repository, [...repository.root.keys, ...before]);
}

test("an older list of a role under a newer snapshot is not put in place of the one that was seen", async () => {
  const { repository, cache, oldList } = await seen();
  await repository.republish(new Map([[qa, oldList]]));
  const before = new Map(cache.files);
  expect(await importInto(cache, importing(archiveOf(repository)), o)).toMatchObject({
    kind: "kept",
  });
  expect(cache.files).toEqual(before);
});

test("older targets under a newer root are not put in place of those that were seen", async () => {
  const { repository, cache, oldTargets, oldList } = await seen();
  const root = await nextRoot(repository);
  await repository.republish(
    new Map([
      [rootRole, root],
      ["targets" as RoleName, oldTargets],
      [qa, oldList],
    ]),
  );
  const before = new Map(cache.files);
  await expect(importInto(cache, importing(archiveOf(repository)), o)).rejects.toMatchObject({
    code: "archive/another-repository",
  });
  expect(cache.files).toEqual(before);
});

test("a newer root that gives the roles other keys may begin them again", async () => {
  const { repository, cache } = await seen();
  for (const role of [repository.targets, repository.snapshot, repository.timestamp]) {
    role.keys = [testKey()];
    role.version = 1;
  }
  const root = await nextRoot(repository);
  await repository.publish(new Map([[rootRole, root]]));
  expect(await importInto(cache, importing(archiveOf(repository)), o)).toEqual({
    kind: "imported",
    pinned: "moved",
  });
});
