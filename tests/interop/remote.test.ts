import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createRemoteSource } from "#adapters/remotes";
import { parseGun } from "#domain/oci";
import { publicKeyFromPem } from "#domain/tuf";
import { certifiedKey } from "#domain/tuf/testing";
import { createReader, parsePinnedCa, parseTrustServerUrl } from "#services/reader";
import { inMemoryTrustMemory } from "#services/reader/testing";
import { gun, reasonsOf, remoteWorld, type RemoteWorld } from "../attacks/remote-world.ts";
import { startNotaryServer, type TestTrustServer } from "../harness/notary-server.ts";
import { missing } from "../harness/peers.ts";
import { mustRun } from "../harness/peers-run.ts";
import { notaryAuth, openTrustLab } from "./trust-lab.ts";

const passphrase = "a long test passphrase";
const signal = AbortSignal.timeout(180_000);
const content = "a manifest";
const sha256 = createHash("sha256").update(content).digest("hex");

type OtherRegistry = AsyncDisposable & {
  readonly world: RemoteWorld;
  readonly server: TestTrustServer;
  readonly owner: (...args: readonly string[]) => Promise<string>;
  readonly alice: (...args: readonly string[]) => Promise<string>;
  readonly image: string;
  readonly aliceFile: string;
};

type Person = {
  readonly directory: string;
  readonly name: string;
  readonly url: string;
  readonly caFile: string;
  readonly auth?: string;
};

/** One person with a trust directory of their own, using the real client. */
async function person(of: Person): Promise<OtherRegistry["owner"]> {
  const home = join(of.directory, of.name);
  await mkdir(home, { recursive: true });
  const base = ["-s", of.url, "--tlscacert", of.caFile, "-d", join(home, "trust")];
  const env = {
    HOME: home,
    NOTARY_ROOT_PASSPHRASE: passphrase,
    NOTARY_TARGETS_PASSPHRASE: passphrase,
    NOTARY_SNAPSHOT_PASSPHRASE: passphrase,
    NOTARY_DELEGATION_PASSPHRASE: passphrase,
    ...(of.auth === undefined ? {} : { NOTARY_AUTH: of.auth }),
  };
  return (...args) => mustRun("notary", [...base, ...args], { env });
}

/** Debian's notary-server as another registry's trust server, registered with us. */
async function otherRegistry(maxStaleSeconds = 0): Promise<OtherRegistry> {
  const directory = await mkdtemp(join(tmpdir(), "countersign-remote-"));
  const now = Date.now();
  const terms = { notBefore: now - 60_000, notAfter: now + 86_400_000 };
  const identity = await certifiedKey({ name: "localhost", dnsName: "localhost", ...terms });
  const key = identity.privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  const tls = { certificate: identity.pem, key };
  const server = await startNotaryServer({ directory, tls, gunPrefixes: ["other.test/"] });
  const registry = { ca: identity.pem, trustServer: server.url, maxStaleSeconds };
  const world = await remoteWorld({ registry, limits: { answerMs: 5_000 } });
  world.now = now;
  const [caFile, aliceFile] = [join(directory, "ca.pem"), join(directory, "alice.pem")];
  const [aliceSecret, image] = [join(directory, "alice-key.pem"), join(directory, "manifest")];
  const { aliceKey } = world;
  const secret = aliceKey.privateKey.export({ type: "pkcs8", format: "pem" });
  await writeFile(caFile, identity.pem);
  await writeFile(aliceFile, aliceKey.pem);
  await writeFile(aliceSecret, secret, { mode: 0o600 });
  await writeFile(image, content);
  const at = { directory, url: server.url, caFile };
  const owner = await person({ ...at, name: "owner" });
  const alice = await person({ ...at, name: "alice" });
  await alice("key", "import", aliceSecret, "-r", "delegation");
  return {
    ...{ world, server, owner, alice, image, aliceFile },
    async [Symbol.asyncDispose]() {
      await world[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
      await rm(directory, { recursive: true });
    },
  };
}

/** What the owner of a repository does once, and then alice for her image. */
async function sign({ owner, alice, aliceFile, image }: OtherRegistry): Promise<void> {
  await owner("init", gun, "-p");
  await owner("key", "rotate", gun, "snapshot", "-r");
  for (const role of ["targets/releases", "targets/qa"])
    await owner("delegation", "add", gun, role, aliceFile, "--all-paths");
  await owner("publish", gun);
  await alice("add", gun, "1", image, "-r", "targets/releases,targets/qa", "-p");
}

describe.skipIf(missing("notary", "notary-server"))("another registry behind notary-server", () => {
  test("its images run when the required team has signed them there, and stop when a signature goes", async () => {
    await using other = await otherRegistry();
    const { world, owner, alice, image } = other;
    expect(await world.read()).toEqual({ kind: "absent" });
    expect(reasonsOf((await world.judge()).decision)).toContain("no-trust-data");

    await sign(other);
    const { fingerprint } = publicKeyFromPem(world.aliceKey.pem).material;
    const reading = await world.read();
    expect(reading).toMatchObject({
      kind: "verified",
      roles: [
        { name: "targets" },
        { name: "targets/releases", signedBy: [fingerprint] },
        { name: "targets/qa", signedBy: [fingerprint] },
      ],
    });
    const { judgement } = await world.judge();
    expect(judgement).toEqual({
      kind: "run",
      reference: `${gun}@sha256:${sha256}`,
      digest: `sha256:${sha256}`,
    });
    expect(await world.read()).toBe(reading);

    await owner("key", "rotate", gun, "timestamp", "-r");
    await owner("key", "rotate", gun, "targets");
    await owner("key", "rotate", gun, "snapshot");
    await owner("key", "rotate", gun, "snapshot", "-r");
    await world.restart();
    expect(await world.read()).toMatchObject({ kind: "verified", rootVersion: 6 });
    expect((await world.judge()).judgement).toMatchObject({ kind: "run" });

    await alice("remove", gun, "1", "-r", "targets/qa", "-p");
    expect(reasonsOf((await world.judge()).decision)).toContain("team-missing");
    await alice("add", gun, "1", image, "-r", "targets/qa", "-p");
    expect((await world.judge()).judgement).toMatchObject({ kind: "run" });

    await owner("delete", gun, "--remote");
    expect(await world.read()).toMatchObject({ kind: "unavailable" });
    expect(reasonsOf((await world.judge()).decision)).toContain("unavailable");
  });

  test("its silence is bridged for as long as an admin allowed, and no longer", async () => {
    await using other = await otherRegistry(600);
    const { world, server } = other;
    await sign(other);
    expect((await world.judge()).judgement).toMatchObject({ kind: "run" });
    await server[Symbol.asyncDispose]();
    await world.restart();
    world.now += 600_000;
    const { judgement, decision } = await world.judge();
    expect(judgement).toMatchObject({ kind: "run" });
    expect(decision?.case.candidates?.[0]?.evidence).toMatchObject({ asOf: world.now - 600_000 });
    world.now += 1;
    expect(reasonsOf((await world.judge()).decision)).toContain("unavailable");
  });
});

describe.skipIf(missing("notary"))("another Countersign", () => {
  test("is read through its token server, by name and password", async () => {
    await using lab = await openTrustLab();
    const { gun: name } = parseGun(`${lab.registryHost}/acme/web`);
    const at = { directory: lab.directory, url: lab.url, caFile: lab.caFile };
    const owner = await person({ ...at, name: "owner", auth: notaryAuth });
    const image = join(lab.directory, "image");
    await writeFile(image, content);
    await owner("init", name);
    await owner("add", name, "1", image, "-p");
    const ca = parsePinnedCa(await readFile(lab.caFile, "utf8"));
    const [username = "", password = ""] = Buffer.from(notaryAuth, "base64").toString().split(":");
    const read = async (credentials: { username: string; password: string } | undefined) => {
      const trustServer = parseTrustServerUrl(lab.url);
      const source = createRemoteSource({ trustServer, ca, credentials }, { clock: Date.now });
      try {
        const memory = inMemoryTrustMemory();
        return await createReader({ source, memory, clock: Date.now }).read(name, { signal });
      } finally {
        await source.close();
      }
    };
    const reading = await read({ username, password });
    expect(reading).toMatchObject({ kind: "verified" });
    expect(reading.kind === "verified" && reading.roles[0]?.targets.get("1")).toEqual({
      sha256,
      length: content.length,
    });
    expect(await read(undefined)).toMatchObject({ kind: "unavailable" });
    expect(await read({ username, password: "wrong" })).toMatchObject({ kind: "unavailable" });
  });
});
