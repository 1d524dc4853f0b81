import type { JsonValue } from "#domain/json";
import type { Instant } from "#domain/kernel";
import {
  composeFile,
  describeFile,
  parseRoleName,
  rootPayload,
  rootRole,
  snapshotPayload,
  snapshotRole,
  targetsPayload,
  targetsRole,
  timestampPayload,
  timestampRole,
  type PublicKey,
  type RoleKeys,
  type RoleName,
} from "#domain/tuf";
import { certifiedKey, testKey, type TestKey } from "./keys.ts";

const msPerDay = 86_400_000;

/** A role under test: everything about it may be set before the next `publish`. */
export type TestRole = {
  keys: readonly TestKey[];
  threshold: number;
  paths: readonly string[];
  version: number;
  expires: Instant;
  targets: Map<string, string>;
  children: Map<string, TestRole>;
};

/** An owner with all keys of one repository, and a server that serves what was published or what an attacker put there. */
export type TestRepository = {
  readonly gun: string;
  readonly root: Omit<TestRole, "paths" | "targets" | "children">;
  readonly targets: TestRole;
  readonly snapshot: Omit<TestRole, "paths" | "targets" | "children">;
  readonly timestamp: Omit<TestRole, "paths" | "targets" | "children">;
  /** What the server gives as the current file of a role. */
  readonly current: Map<RoleName, Uint8Array>;
  /** Every file ever published, by `role.sha256` and by `role.version`. */
  readonly shelf: Map<string, Uint8Array>;
  /**
   * Signs everything as it stands, and serves it. Files in `instead` take the place of those signed, under a
   * snapshot that is properly signed over them.
   */
  publish(instead?: ReadonlyMap<RoleName, Uint8Array>): Promise<ReadonlyMap<RoleName, Uint8Array>>;
  /** Raises the version of snapshot and timestamp, then publishes. */
  republish(
    instead?: ReadonlyMap<RoleName, Uint8Array>,
  ): Promise<ReadonlyMap<RoleName, Uint8Array>>;
  delegate(name: string, role: Partial<TestRole>): TestRole;
};

export async function testRepository(gun: string, now: Instant): Promise<TestRepository> {
  const first = { threshold: 1, version: 1 };
  const rootKey = await certifiedKey({
    name: gun,
    notBefore: now - msPerDay,
    notAfter: now + 3_650 * msPerDay,
  });
  const base = (days: number, keys = [testKey()]): TestRole => ({
    ...first,
    keys,
    expires: now + days * msPerDay,
    paths: [""],
    targets: new Map(),
    children: new Map(),
  });
  const repository: TestRepository = {
    gun,
    root: base(3_650, [rootKey]),
    targets: base(1_095),
    snapshot: base(1_095),
    timestamp: base(14),
    current: new Map(),
    shelf: new Map(),
    async publish(instead = new Map()) {
      const files = await signAll(repository, instead);
      for (const [role, bytes] of files) serve(repository, role, bytes);
      return files;
    },
    republish(instead) {
      repository.snapshot.version += 1;
      repository.timestamp.version += 1;
      return repository.publish(instead);
    },
    delegate(name, role) {
      const parent = roleAt(repository.targets, name.split("/").slice(1, -1));
      const delegated = { ...base(1_095), ...role };
      parent.children.set(name, delegated);
      return delegated;
    },
  };
  return repository;
}

/** Puts a file on the server, as the current one and under its names. */
export function serve(repository: TestRepository, role: RoleName, bytes: Uint8Array): void {
  repository.current.set(role, bytes);
  repository.shelf.set(`${role}.${describeFile(bytes).sha256}`, bytes);
  const version = /"version":([0-9]+)\}/.exec(new TextDecoder().decode(bytes))?.[1] ?? "";
  repository.shelf.set(`${role}.${version}`, bytes);
}

export function keysOf(role: Pick<TestRole, "keys" | "threshold">): RoleKeys {
  return {
    threshold: role.threshold,
    keys: new Map(role.keys.map(({ listed }) => [listed.id, listed])),
  };
}

/** Signs root as it stands with `signers`, by default the root role's own keys. */
export function signRoot(
  repository: TestRepository,
  signers: readonly TestKey[] = repository.root.keys,
): Promise<Uint8Array> {
  const { root, targets, snapshot, timestamp } = repository;
  const all = [root, targets, snapshot, timestamp].flatMap((role) => role.keys);
  const payload = rootPayload({
    version: root.version,
    expires: root.expires,
    keys: listedBy(all),
    root: keysOf(root),
    targets: keysOf(targets),
    snapshot: keysOf(snapshot),
    timestamp: keysOf(timestamp),
  });
  return signOnce(payload, signers);
}

/** Signs one targets role as it stands. */
export function signTargets(
  role: TestRole,
  signers: readonly TestKey[] = role.keys,
): Promise<Uint8Array> {
  const children = [...role.children];
  const payload = targetsPayload({
    version: role.version,
    expires: role.expires,
    targets: new Map(
      [...role.targets].map(([name, content]) => [
        name,
        describeFile(new TextEncoder().encode(content)),
      ]),
    ),
    keys: listedBy(children.flatMap(([, child]) => child.keys)),
    delegations: children.map(([name, child]) => ({
      ...keysOf(child),
      name: parseRoleName(name),
      paths: child.paths,
    })),
  });
  return signOnce(payload, signers);
}

/** ECDSA signs the same words differently each time; a file that did not change must stay the same bytes. */
const alreadySigned = new Map<string, Promise<Uint8Array>>();

function signOnce(payload: JsonValue, signers: readonly TestKey[]): Promise<Uint8Array> {
  const name = JSON.stringify([payload, signers.map((key) => key.listed.id)]);
  const file =
    alreadySigned.get(name) ??
    composeFile(
      payload,
      signers.map((key) => key.signer),
    );
  alreadySigned.set(name, file);
  return file;
}

async function signAll(
  repository: TestRepository,
  instead: ReadonlyMap<RoleName, Uint8Array>,
): Promise<ReadonlyMap<RoleName, Uint8Array>> {
  const files = new Map([[rootRole, await signRoot(repository)]]);
  await signTree(files, targetsRole, repository.targets);
  for (const [role, bytes] of instead) files.set(role, bytes);
  const { snapshot, timestamp } = repository;
  const meta = new Map([...files].map(([role, bytes]) => [role, describeFile(bytes)]));
  const snapshotFile = await signOnce(snapshotPayload({ ...snapshot, meta }), snapshot.keys);
  const timestampFile = await signOnce(
    timestampPayload({ ...timestamp, snapshot: describeFile(snapshotFile) }),
    timestamp.keys,
  );
  return files.set(snapshotRole, snapshotFile).set(timestampRole, timestampFile);
}

async function signTree(
  files: Map<RoleName, Uint8Array>,
  name: RoleName,
  role: TestRole,
): Promise<void> {
  files.set(name, await signTargets(role));
  for (const [child, delegated] of role.children)
    await signTree(files, parseRoleName(child), delegated);
}

function roleAt(from: TestRole, path: readonly string[]): TestRole {
  let role = from;
  let name = "targets";
  for (const part of path) {
    name = `${name}/${part}`;
    const child = role.children.get(name);
    if (child === undefined) throw new Error(`no role ${name}`);
    role = child;
  }
  return role;
}

function listedBy(keys: readonly TestKey[]): ReadonlyMap<string, PublicKey> {
  return new Map(keys.map(({ listed }) => [listed.id, listed]));
}
