import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  createTrustServer,
  type Credentials,
  type TrustServerConnection,
  type TrustServerOptions,
} from "#adapters/remotes";
import { parseGun, type Gun } from "#domain/oci";
import {
  parseRoleName,
  rootRole,
  snapshotRole,
  targetsRole,
  timestampRole,
  type PublicKey,
  type RoleName,
} from "#domain/tuf";
import { certifiedKey, signRoot, signTargets, testKey, testRepository } from "#domain/tuf/testing";
import type { TestKey, TestRepository } from "#domain/tuf/testing";
import { startNotaryServer } from "../harness/notary-server.ts";
import { missing } from "../harness/peers.ts";
import { notaryAuth, openTrustLab } from "./trust-lab.ts";

const o = { signal: AbortSignal.timeout(120_000) };
const { gun } = parseGun("registry.test/acme/web");
const alice = parseRoleName("targets/alice");

type Place = AsyncDisposable & {
  readonly connect: (
    actions: TrustServerOptions["actions"],
    who?: Credentials,
  ) => TrustServerConnection;
};

async function ours(): Promise<Place> {
  const lab = await openTrustLab();
  const ca = await readFile(lab.caFile, "utf8");
  const [username = "", password = ""] = Buffer.from(notaryAuth, "base64").toString().split(":");
  const self = { username, password };
  return {
    connect: (actions, who = self) =>
      createTrustServer(
        { url: lab.url, tls: { ca }, credentials: () => Promise.resolve(who) },
        { clock: Date.now, actions },
      ),
    [Symbol.asyncDispose]: () => lab[Symbol.asyncDispose](),
  };
}

async function debians(): Promise<Place> {
  const directory = await mkdtemp(join(tmpdir(), "countersign-trust-server-"));
  const terms = { notBefore: Date.now() - 60_000, notAfter: Date.now() + 86_400_000 };
  const identity = await certifiedKey({ name: "localhost", dnsName: "localhost", ...terms });
  const key = identity.privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  const tls = { certificate: identity.pem, key };
  const server = await startNotaryServer({ directory, tls, gunPrefixes: ["registry.test/"] });
  return {
    connect: (actions) =>
      createTrustServer(
        { url: server.url, tls: { ca: identity.pem } },
        { clock: Date.now, actions },
      ),
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await rm(directory, { recursive: true });
    },
  };
}

/** A repository whose snapshot and timestamp the server keeps. */
async function begun(server: TrustServerConnection, name: Gun): Promise<TestRepository> {
  const repository = await testRepository(name, Date.now() - 1_000);
  const held = (listed: PublicKey): TestKey => ({
    ...testKey(),
    listed: listed as TestKey["listed"],
  });
  repository.timestamp.keys = [held(await server.key(name, timestampRole, o))];
  repository.snapshot.keys = [held(await server.key(name, snapshotRole, o))];
  return repository;
}

async function filesOf(
  repository: TestRepository,
  withRoot: boolean,
): Promise<Map<RoleName, Uint8Array>> {
  const files = new Map([[targetsRole, await signTargets(repository.targets)]]);
  const child = repository.targets.children.get(alice);
  if (child !== undefined) files.set(alice, await signTargets(child));
  if (withRoot) files.set(rootRole, await signRoot(repository));
  return files;
}

describe.each([
  ["our trust server", ours, false],
  ["Debian's notary-server", debians, missing("notary-server")],
] as const)("%s", (_name, place, isMissing) => {
  test.skipIf(isMissing)("takes what is published, gives it back, and forgets it", async () => {
    await using at = await place();
    const server = at.connect("push,pull");
    await server.ping(o);
    expect(await server.current(gun, rootRole, o)).toBeUndefined();
    const repository = await begun(server, gun);
    const signer = repository.delegate(alice, { keys: [testKey()] });
    signer.targets.set("1", "image");
    const files = await filesOf(repository, true);
    await server.publish(gun, files, o);
    const read = at.connect("pull");
    for (const [role, bytes] of files)
      expect(Buffer.from((await read.current(gun, role, o)) ?? "")).toEqual(Buffer.from(bytes));
    expect(await read.byVersion(gun, rootRole, 1, o)).toEqual(await read.current(gun, rootRole, o));
    expect(await read.current(gun, timestampRole, o)).toBeDefined();

    const owner = at.connect("*");
    const rotated = await owner.rotateKey(gun, timestampRole, o);
    expect(rotated.material).toBeDefined();
    await owner.remove(gun, o);
    expect(await owner.current(gun, rootRole, o)).toBeUndefined();
    await Promise.all([server.close(), read.close(), owner.close()]);
  });

  test.skipIf(isMissing)("says which rule an update breaks, and who was first", async () => {
    await using at = await place();
    const server = at.connect("push,pull");
    const repository = await begun(server, gun);
    await server.publish(gun, await filesOf(repository, true), o);
    await expect(server.publish(gun, await filesOf(repository, false), o)).rejects.toMatchObject({
      code: "trust-server/conflict",
      status: 400,
    });
    repository.targets.version += 1;
    const forged = await signTargets(repository.targets, [testKey()]);
    await expect(server.publish(gun, new Map([[targetsRole, forged]]), o)).rejects.toMatchObject({
      code: "trust-server/rejected",
      validation: { name: "ErrBadTargets" },
    });
    await server.close();
  });
});

test("a wrong password is unauthorized, for reading and for writing", async () => {
  await using at = await ours();
  for (const actions of ["pull", "push,pull", "*"] as const) {
    const server = at.connect(actions, { username: "alice", password: "wrong" });
    await expect(server.current(gun, rootRole, o)).rejects.toMatchObject({
      code: "trust-server/unauthorized",
    });
    await expect(server.key(gun, timestampRole, o)).rejects.toMatchObject({
      code: "trust-server/unauthorized",
    });
    await server.close();
  }
});
