import { beforeEach, describe, expect, test } from "vitest";
import type { Instant } from "#domain/kernel";
import { parseGun, parseRegistryHost } from "#domain/oci";
import {
  composeFile,
  decodeRoot,
  decodeSnapshot,
  decodeTimestamp,
  describeFile,
  parseRoleName,
  requireContent,
  rootRole,
  snapshotPayload,
  snapshotRole,
  targetsRole,
  timestampRole,
  verifyThreshold,
  type RoleName,
} from "#domain/tuf";
import {
  certifiedKey,
  signRoot,
  signTargets,
  testKey,
  testRepository,
  type TestKey,
  type TestRepository,
} from "#domain/tuf/testing";
import {
  createTrustService,
  type KeyVault,
  type MetadataStore,
  type TrustService,
} from "#services/trust";
import { inMemoryKeyVault, inMemoryMetadataStore } from "#services/trust/testing";

const msPerDay = 86_400_000;
const start: Instant = Date.UTC(2026, 5, 1);
const o = { signal: new AbortController().signal };
const host = parseRegistryHost("registry.test");
const { gun } = parseGun("registry.test/acme/web");
const qa = parseRoleName("targets/qa");

let now = start;
let store: MetadataStore;
let keys: KeyVault;
let trust: TrustService;
let owner: TestRepository;

/** A key of the server's as the owner lists it. */
async function serverKey(role: "timestamp" | "snapshot"): Promise<TestKey> {
  const listed = await trust.serverKey(gun, role, o);
  return { ...testKey(), listed: listed as TestKey["listed"] };
}

beforeEach(async () => {
  now = start;
  store = inMemoryMetadataStore();
  keys = inMemoryKeyVault();
  trust = createTrustService({
    store,
    keys,
    clock: () => now,
    registryHost: host,
  });
  owner = await testRepository(gun, start);
  owner.timestamp.keys = [await serverKey("timestamp")];
  owner.snapshot.keys = [await serverKey("snapshot")];
});

const send = (...parts: readonly (readonly [RoleName, Uint8Array])[]): Promise<void> =>
  trust.update(gun, new Map(parts), o);
const root = async (signers?: readonly TestKey[]) =>
  [rootRole, await signRoot(owner, signers)] as const;
const targets = async (signers?: readonly TestKey[]) =>
  [targetsRole, await signTargets(owner.targets, signers)] as const;
const begin = async (): Promise<void> => send(await root(), await targets());
const snapshot = async () => {
  const file = await store.current(gun, snapshotRole, o);
  return decodeSnapshot(file?.bytes ?? new Uint8Array()).signed;
};
const code = (expected: string) => expect.objectContaining({ code: expected });
const invalid = (part: string, message: string | RegExp) =>
  expect.objectContaining({
    code: "trust/update-invalid",
    part,
    message: typeof message === "string" ? message : expect.stringMatching(message),
  });

describe("an update that is accepted", () => {
  test("is kept byte for byte, under a snapshot and timestamp of the server's own", async () => {
    const pretty = new TextEncoder().encode(
      `${JSON.stringify(JSON.parse(new TextDecoder().decode((await targets())[1])), undefined, 2)}\n`,
    );
    await send(await root(), [targetsRole, pretty]);
    const kept = await trust.current(gun, targetsRole, o);
    expect(Buffer.from(kept?.bytes ?? []).equals(pretty)).toBe(true);
    const listed = (await snapshot()).meta.get(targetsRole);
    expect(listed).toEqual(describeFile(pretty));
    const timestamp = await trust.current(gun, timestampRole, o);
    const trustedRoot = decodeRoot((await root())[1]).signed;
    const opened = verifyThreshold(
      decodeTimestamp(timestamp?.bytes ?? new Uint8Array()),
      trustedRoot.timestamp,
    );
    expect(opened.signed).toMatchObject({ version: 1, expires: start + 14 * msPerDay });
    const snapshotFile = await trust.current(gun, snapshotRole, o);
    requireContent(snapshotRole, snapshotFile?.bytes ?? new Uint8Array(), opened.signed.snapshot);
    expect(await trust.byChecksum(gun, targetsRole, kept?.sha256 ?? "", o)).toEqual(kept);
  });

  test("with no parts makes a new snapshot and timestamp", async () => {
    await begin();
    await send();
    expect(await trust.current(gun, timestampRole, o)).toMatchObject({ version: 2 });
    expect((await snapshot()).version).toBe(2);
  });

  test("brings a client's own snapshot, which is checked and kept", async () => {
    const mine = testKey();
    owner.snapshot.keys = [mine];
    const files = new Map([await root(), await targets()]);
    const meta = new Map([...files].map(([role, bytes]) => [role, describeFile(bytes)]));
    const sign = (of: typeof meta, version: number, key = mine) =>
      composeFile(snapshotPayload({ version, expires: now + msPerDay, meta: of }), [key.signer]);
    await expect(send(...files)).rejects.toEqual(invalid("ErrBadHierarchy", /no snapshot was/));
    const wrong = new Map(meta).set(targetsRole, describeFile(new Uint8Array([1])));
    await expect(send(...files, [snapshotRole, await sign(wrong, 1)])).rejects.toEqual(
      invalid("ErrBadSnapshot", /^sha256 checksum for targets did not match: expected /),
    );
    await expect(send(...files, [snapshotRole, await sign(meta, 1, testKey())])).rejects.toEqual(
      invalid("ErrBadSnapshot", /threshold for snapshot/),
    );
    const ghost = new Map(meta).set(qa, describeFile(new Uint8Array([1])));
    await expect(send(...files, [snapshotRole, await sign(ghost, 1)])).rejects.toEqual(
      invalid("ErrBadSnapshot", /targets\/qa did not match/),
    );
    const good = await sign(meta, 7);
    await send(...files, [snapshotRole, good]);
    const kept = await trust.current(gun, snapshotRole, o);
    expect(kept).toMatchObject({ version: 7, bytes: good });
  });

  test("keeps the file of a role that nobody delegates to while a client's snapshot names it", async () => {
    const mine = testKey();
    owner.snapshot.keys = [mine];
    const child = owner.delegate(qa, {});
    const file = await signTargets(child);
    const signedSnapshot = async (version: number, files: ReadonlyMap<RoleName, Uint8Array>) => {
      const meta = new Map([...files].map(([role, bytes]) => [role, describeFile(bytes)]));
      const payload = snapshotPayload({ version, expires: now + msPerDay, meta });
      return [snapshotRole, await composeFile(payload, [mine.signer])] as const;
    };
    const rootFile = await root();
    const first = new Map([rootFile, await targets(), [qa, file] as const]);
    await send(...first, await signedSnapshot(1, first));
    owner.targets.children.delete(qa);
    owner.targets.version = 2;
    const second = new Map([rootFile, await targets(), [qa, file] as const]);
    await send(await targets(), await signedSnapshot(2, second));
    expect(await store.byChecksum(gun, qa, describeFile(file).sha256, o)).toBeDefined();
    owner.targets.version = 3;
    const third = new Map([rootFile, await targets()]);
    await send(await targets(), await signedSnapshot(3, third));
    expect(await store.current(gun, qa, o)).toBeUndefined();
  });

  test("may rotate every key; the stored targets must still hold under the new root", async () => {
    await begin();
    const before = owner.root.keys;
    const terms = { name: gun, notBefore: start, notAfter: start + 9 * msPerDay };
    owner.root.keys = [await certifiedKey(terms)];
    owner.root.version = 2;
    await expect(send(await root())).rejects.toEqual(
      invalid("ErrBadRoot", /could not rotate trust to a new trusted root/),
    );
    await send(await root([...before, ...owner.root.keys]));
    owner.targets.keys = [testKey()];
    owner.root.version = 3;
    await expect(send(await root())).rejects.toEqual(
      invalid("ErrBadTargets", "valid signatures did not meet threshold for targets"),
    );
    owner.targets.version = 2;
    await send(await root(), await targets());
    expect(await trust.byVersion(gun, rootRole, 2, o)).toMatchObject({ version: 2 });
  });

  test("without a delegation drops it from the snapshot, so that it may begin anew", async () => {
    const role = owner.delegate(qa, { version: 4 });
    await send(await root(), await targets(), [qa, await signTargets(role)]);
    expect((await snapshot()).meta.has(qa)).toBe(true);
    owner.targets.children.clear();
    owner.targets.version = 2;
    await send(await targets());
    expect((await snapshot()).meta.has(qa)).toBe(false);
    owner.targets.children.set(qa, role);
    owner.targets.version = 3;
    role.version = 1;
    await send(await targets());
    expect((await snapshot()).meta.has(qa)).toBe(false);
    await send([qa, await signTargets(role)]);
    expect((await snapshot()).meta.has(qa)).toBe(true);
  });

  test("of a delegation whose key was changed waits for it to be signed again", async () => {
    const role = owner.delegate(qa, {});
    owner.delegate("targets/qa/inner", {});
    const inner = parseRoleName("targets/qa/inner");
    const innerRole = role.children.get(inner) ?? role;
    await send(
      await root(),
      await targets(),
      [qa, await signTargets(role)],
      [inner, await signTargets(innerRole)],
    );
    role.keys = [testKey()];
    owner.targets.version = 2;
    await send(await targets());
    expect([...(await snapshot()).meta.keys()]).toEqual(expect.arrayContaining([qa, inner]));
    innerRole.version = 2;
    await expect(send([inner, await signTargets(innerRole)])).rejects.toEqual(
      invalid("ErrBadTargets", /delegation does not exist/),
    );
    role.version = 2;
    await send([qa, await signTargets(role)], [inner, await signTargets(innerRole)]);
  });
});

describe("an update that is refused stores nothing", () => {
  test.for<readonly [string, () => Promise<readonly (readonly [RoleName, Uint8Array])[]>, unknown]>(
    [
      [
        "targets before any root",
        async () => [await targets()],
        invalid("ErrValidation", "no pre-existing root and no root provided in update."),
      ],
      [
        "a root alone",
        async () => [await root()],
        invalid("ErrValidation", "targets must be loaded first"),
      ],
      [
        "a first root of version 3",
        async () => ((owner.root.version = 3), [await root(), await targets()]),
        invalid("ErrBadRoot", "Root modifications must increment the version. Current 1, new 3"),
      ],
      [
        "a root for another repository",
        async () => {
          const terms = { name: `${gun}x`, notBefore: start, notAfter: start + msPerDay };
          owner.root.keys = [await certifiedKey(terms)];
          return [await root(), await targets()];
        },
        invalid("ErrBadRoot", /unable to retrieve valid leaf certificates$/),
      ],
      [
        "a root whose certificate has expired",
        async () => {
          const terms = { name: gun, notBefore: start - 9 * msPerDay, notAfter: start - 1_000 };
          owner.root.keys = [await certifiedKey(terms)];
          return [await root(), await targets()];
        },
        invalid("ErrBadRoot", /unable to retrieve valid leaf certificates$/),
      ],
      [
        "a root with a bare key",
        async () => ((owner.root.keys = [testKey()]), [await root(), await targets()]),
        invalid("ErrBadRoot", /unable to retrieve valid leaf certificates$/),
      ],
      [
        "a root signed by somebody else",
        async () => [await root([testKey()]), await targets()],
        invalid("ErrBadRoot", /failed to validate integrity of roots$/),
      ],
      [
        "a root that has expired",
        async () => ((owner.root.expires = start - 1_000), [await root(), await targets()]),
        invalid("ErrBadRoot", "root expired at Sun May 31 23:59:59 UTC 2026"),
      ],
      [
        "a root with a threshold of zero",
        async () => ((owner.targets.threshold = 0), [await root(), await targets()]),
        invalid(
          "ErrBadRoot",
          "root type metadata invalid: invalid threshold specified for targets: 0 ",
        ),
      ],
      [
        "a root that names a timestamp key the server does not hold",
        async () => ((owner.timestamp.keys = [testKey()]), [await root(), await targets()]),
        invalid("ErrBadRoot", "no  timestamp keys exist on the server"),
      ],
      [
        "targets signed by somebody else",
        async () => [await root(), await targets([testKey()])],
        invalid("ErrBadTargets", "valid signatures did not meet threshold for targets"),
      ],
      [
        "targets without a signature",
        async () => [await root(), await targets([])],
        invalid("ErrBadTargets", "tuf: data has no signatures"),
      ],
      [
        "targets that have expired",
        async () => ((owner.targets.expires = start - 1), [await root(), await targets()]),
        invalid("ErrBadTargets", /^targets expired at /),
      ],
      [
        "targets of version 0",
        async () => ((owner.targets.version = 0), [await root(), await targets()]),
        invalid("ErrBadTargets", "targets type metadata invalid: version cannot be less than one"),
      ],
      [
        "a file for a role nobody delegated",
        async () => [await root(), await targets(), [qa, (await targets())[1]]],
        invalid("ErrBadTargets", "tuf: invalid role targets/qa. delegation does not exist"),
      ],
      [
        "a part that is not JSON",
        async () => [await root(), [targetsRole, new TextEncoder().encode("{")]],
        code("trust/part-malformed"),
      ],
    ],
  )("%s", async ([, parts, error]) => {
    await expect(send(...(await parts()))).rejects.toEqual(error);
    expect(await trust.guns(o)).toEqual([]);
    expect(await trust.current(gun, rootRole, o)).toBeUndefined();
  });

  test("a version that is not newer is a conflict, also for a root", async () => {
    await begin();
    await expect(send(await targets())).rejects.toEqual(code("trust/version-conflict"));
    await expect(send(await root())).rejects.toEqual(code("trust/version-conflict"));
    expect(await trust.current(gun, timestampRole, o)).toMatchObject({ version: 1 });
  });
});

describe("many publishers at once", () => {
  test("who publish different roles all succeed; the snapshot has all of them", async () => {
    const names = Array.from({ length: 20 }, (_, index) => parseRoleName(`targets/t${index}`));
    const roles = names.map((name) => [name, owner.delegate(name, {})] as const);
    await begin();
    await Promise.all(
      roles.map(async ([name, role]) => {
        await send([name, await signTargets(role)]);
      }),
    );
    expect([...(await snapshot()).meta.keys()]).toEqual(expect.arrayContaining(names));
  });

  test("who publish the same role: one wins, the others are told of a conflict", async () => {
    await begin();
    owner.targets.version = 2;
    const results = await Promise.allSettled(
      [1, 2, 3, 4].map(async (index) => {
        const file = { ...owner.targets, targets: new Map([[`${index}`, "content"]]) };
        await send([targetsRole, await signTargets(file)]);
      }),
    );
    expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    expect(results.filter(({ status }) => status === "rejected")).toEqual(
      Array.from({ length: 3 }, () =>
        expect.objectContaining({ reason: code("trust/version-conflict") }),
      ),
    );
  });
});

describe("two servers on one store", () => {
  test("who publish different roles at once all succeed", async () => {
    const names = ["targets/a", "targets/b", "targets/c"].map(parseRoleName);
    const roles = names.map((name) => [name, owner.delegate(name, {})] as const);
    await begin();
    await Promise.all(
      roles.map(async ([name, role]) => {
        const replica = createTrustService({ store, keys, clock: () => now, registryHost: host });
        await replica.update(gun, new Map([[name, await signTargets(role)]]), o);
      }),
    );
    expect([...(await snapshot()).meta.keys()]).toEqual(expect.arrayContaining(names));
  });
});

describe("what the server signs", () => {
  test("is signed again when half its life is over, once however many ask", async () => {
    await begin();
    now = start + 6 * msPerDay;
    expect(await trust.current(gun, timestampRole, o)).toMatchObject({ version: 1 });
    now = start + 8 * msPerDay;
    const asked = await Promise.all(
      Array.from({ length: 5 }, () => trust.current(gun, timestampRole, o)),
    );
    expect(asked.map((file) => file?.version)).toEqual([2, 2, 2, 2, 2]);
    expect((await snapshot()).version).toBe(1);
    now = start + 900 * msPerDay;
    expect(await trust.current(gun, snapshotRole, o)).toMatchObject({ version: 2 });
    const changes = await trust.changes({ gun, range: { after: 0 }, limit: 10 }, o);
    expect(changes.map(({ version }) => version)).toEqual([1, 2, 3]);
  });

  test("is served as it is when the client holds the snapshot key and let it expire", async () => {
    const mine = testKey();
    owner.snapshot.keys = [mine];
    const files = new Map([await root(), await targets()]);
    const meta = new Map([...files].map(([role, bytes]) => [role, describeFile(bytes)]));
    const bytes = await composeFile(
      snapshotPayload({ version: 1, expires: now + msPerDay, meta }),
      [mine.signer],
    );
    await send(...files, [snapshotRole, bytes]);
    now = start + 30 * msPerDay;
    expect(await trust.current(gun, snapshotRole, o)).toMatchObject({ version: 1 });
    expect(await trust.current(gun, timestampRole, o)).toMatchObject({ version: 1 });
  });

  test("uses the key that root names; a rotated one waits until a root names it", async () => {
    await begin();
    const used = await trust.serverKey(gun, "timestamp", o);
    const next = await trust.rotateKey(gun, "timestamp", o);
    expect(next.id).not.toBe(used.id);
    expect((await trust.rotateKey(gun, "timestamp", o)).id).toBe(next.id);
    expect((await trust.serverKey(gun, "timestamp", o)).id).toBe(used.id);
    owner.timestamp.keys = [{ ...testKey(), listed: next as TestKey["listed"] }];
    owner.root.version = 2;
    await send(await root());
    expect((await trust.serverKey(gun, "timestamp", o)).id).toBe(next.id);
  });
});

describe("names", () => {
  test.for(["registry.test/acme/web", "registry.test/a"])("%s is ours", (text) => {
    expect(trust.gunOf(text)).toBe(text);
  });

  test.for([
    "evil.test/acme/web",
    "registry.test.evil/acme",
    "registry.test",
    "registry.test/",
    "REGISTRY.test/acme",
    "registry.test/Acme",
    "registry.test/../x",
    "registry.test/acme//web",
    "evil.test/registry.test/acme",
  ])("%s is not", (text) => {
    expect(() => trust.gunOf(text)).toThrowError(code("trust/gun-refused"));
  });

  test("what is removed is gone, and may begin again at version 1", async () => {
    await begin();
    expect(await trust.guns(o)).toEqual([gun]);
    await trust.remove(gun, o);
    expect(await trust.guns(o)).toEqual([]);
    owner.timestamp.keys = [await serverKey("timestamp")];
    owner.snapshot.keys = [await serverKey("snapshot")];
    await begin();
    expect(await trust.current(gun, timestampRole, o)).toMatchObject({ version: 1 });
  });
});
