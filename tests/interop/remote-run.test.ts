import { copyFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { passphrases, setStage, succeed, type Person } from "../e2e/cast.ts";
import { startEngine } from "../harness/engine.ts";
import { missing, noEngine } from "../harness/peers.ts";
import { mustRun } from "../harness/peers-run.ts";
import { startServer, type ServerUnderTest } from "../harness/server.ts";

const skipped = noEngine() || missing("notary", "busybox");

/** `notary` at another server, on a person's own keys. */
function notaryAt(other: ServerUnderTest, person: Person) {
  const base = ["-s", other.ui, "-d", person.docker.trustDirectory, "--tlscacert", other.caFile];
  const env = {
    HOME: person.docker.home,
    ...passphrases,
    NOTARY_AUTH: Buffer.from(`admin:${other.adminPassword}`).toString("base64"),
  };
  return (...args: readonly string[]) => mustRun("notary", [...base, ...args], { env });
}

/** Signs in at another registry, and believes its authority. */
async function visit(other: ServerUnderTest, { docker }: Person): Promise<void> {
  const tls = join(docker.home, ".docker", "tls", other.registryHost);
  await mkdir(tls, { recursive: true });
  await copyFile(other.caFile, join(tls, "ca.crt"));
  const login = ["login", "-u", "admin", "--password-stdin", other.registryHost];
  await docker.must(login, { input: other.adminPassword });
}

test.skipIf(skipped)(
  "an image of another registry runs through the gateway once that registry is registered and the team has signed it there",
  async () => {
    const engine = await startEngine();
    try {
      await using ours = await startServer({ engine: `unix://${engine.socketPath}` });
      await using other = await startServer();
      await using stage = await setStage(ours);
      await using elsewhere = await setStage(other);
      await succeed(elsewhere.admin(["org", "create", "acme"]));
      await succeed(stage.admin(["org", "create", "acme"]));
      await succeed(stage.admin(["team", "create", "acme/qa"]));
      const owner = await stage.adminPerson();
      const alice = await stage.person("alice", ["acme/qa"]);
      for (const person of [owner, alice]) await visit(other, person);
      const repository = `${other.registryHost}/acme/web`;
      const image = `${repository}:1`;
      await stage.image(alice.docker, image, "from elsewhere");
      await alice.docker.must(["push", image]);

      const signs = ["--mode", "enforce", "--require", "acme/qa", "--yes"];
      await succeed(stage.admin(["policy", "set", ...signs]));
      const run = () =>
        alice.docker.run(["run", "--rm", "--network", "none", image, "cat", "/content"]);
      const stranger = await run();
      expect(stranger.exitCode).toBe(125);
      expect(stranger.err).toContain(`the registry ${other.registryHost} is not trusted here`);

      const env = { COUNTERSIGN_REGISTRY_PASSWORD: other.adminPassword };
      const named = [other.registryHost, "--username", "admin", "--ca", other.caFile];
      await succeed(stage.admin(["registry", "add", ...named], { env }));
      const unsigned = await run();
      expect(unsigned.exitCode).toBe(125);
      expect(unsigned.err).toContain("not signed: its repository has no trust data yet");

      const [byOwner, byAlice] = [notaryAt(other, owner), notaryAt(other, alice)];
      await byOwner("init", "-p", repository);
      await byOwner("key", "rotate", repository, "snapshot", "--server-managed");
      for (const role of ["targets/releases", "targets/qa"]) {
        const certificate = join(alice.bundle, "cert.pem");
        await byOwner("delegation", "add", "-p", repository, role, "--all-paths", certificate);
      }
      await byAlice("key", "import", join(alice.bundle, "key.pem"));
      await alice.docker.must(["push", image], { env: { DOCKER_CONTENT_TRUST: "1" } });
      expect(await run()).toMatchObject({ exitCode: 0, out: "from elsewhere" });

      await succeed(stage.admin(["registry", "remove", other.registryHost, "--yes"]));
      expect((await run()).err).toContain("is not trusted here");
    } finally {
      await engine.stop();
    }
  },
  180_000,
);
