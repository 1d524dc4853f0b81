import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseRegistryHost } from "#domain/oci";
import {
  passwords,
  registryWorld,
  type RegistryWorld,
} from "../../faces/registry/testing/registry-world.ts";
import { dockerPrograms } from "../harness/docker-cli.ts";
import { makeTinyImageFolder, startEngine, type TestEngine } from "../harness/engine.ts";
import { startServerPair, type ServerPair, type Side } from "../harness/notary-server-pair.ts";
import { missing, noEngine } from "../harness/peers.ts";
import { mustRun } from "../harness/peers-run.ts";
import { openSession, type Session, type Shown } from "./parity-session.ts";

describe.skipIf(noEngine() || missing("notary-server"))("what people see of docker", () => {
  let registry: RegistryWorld;
  let engine: TestEngine;
  let pair: ServerPair;
  let folder = "";
  beforeAll(async () => {
    registry = await registryWorld();
    engine = await startEngine();
    pair = await startServerPair(parseRegistryHost(registry.host));
    folder = await mkdtemp(join(tmpdir(), "countersign-image-"));
    const rootfs = await makeTinyImageFolder(folder);
    await mustRun("tar", ["-C", rootfs, "-cf", join(folder, "image.tar"), "."]);
    for (const tag of ["1", "2"])
      await mustRun("docker", [
        ...["-H", `unix://${engine.socketPath}`, "import", "-c", `LABEL tag=${tag}`],
        ...[join(folder, "image.tar"), `${registry.host}/acme/app:${tag}`],
      ]);
  });
  afterAll(async () => {
    await pair?.[Symbol.asyncDispose]();
    await engine?.stop();
    await registry?.[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  /** An owner pushes and signs, names a signer, who signs too; people look; a signature is taken back. */
  async function play({ docker }: Session): Promise<void> {
    const app = `${registry.host}/acme/app`;
    const password = passwords.get("alice") ?? "";
    for (const person of ["owner", "bob"])
      await docker(person, ["login", "-u", "alice", "--password-stdin", registry.host], password);
    await docker("owner", ["trust", "inspect", app]);
    await docker("owner", ["push", "--disable-content-trust=false", `${app}:1`]);
    await docker("owner", ["trust", "inspect", app]);
    await docker("owner", ["trust", "inspect", "--pretty", `${app}:1`]);
    await docker("bob", ["trust", "key", "generate", "bob", "--dir", folder]);
    await docker("bob", ["trust", "sign", `${app}:2`]);
    await docker("owner", ["trust", "signer", "add", "--key", join(folder, "bob.pub"), "bob", app]);
    await docker("bob", ["trust", "sign", `${app}:2`]);
    await docker("bob", ["trust", "sign", `${app}:2`]);
    await docker("owner", ["trust", "inspect", app]);
    await docker("reader", ["trust", "inspect", "--pretty", app]);
    await docker("owner", ["trust", "inspect", `${app}:nothing`]);
    await docker("reader", ["pull", "--disable-content-trust=false", `${app}:nothing`]);
    await docker("bob", ["trust", "revoke", "-y", `${app}:2`]);
    await docker("reader", ["trust", "inspect", app]);
    await docker("owner", ["trust", "signer", "remove", "-f", "bob", app]);
    await docker("reader", ["trust", "inspect", "--pretty", app]);
    await docker("owner", ["trust", "revoke", "-y", app]);
    await docker("reader", ["trust", "inspect", app]);
  }

  test.for(dockerPrograms())(
    "who pushes, signs, inspects and revokes with %s is shown the same by both servers",
    { timeout: 240_000 },
    async (program) => {
      const shownBy = async (side: Side): Promise<readonly Shown[]> => {
        const env = { DOCKER_HOST: `unix://${engine.socketPath}` };
        const session = await openSession(pair, side, { program, env });
        await play(session);
        await session.notary("cleaner", ["delete", `${registry.host}/acme/app`, "--remote"]);
        await rm(join(folder, "bob.pub"), { force: true });
        return session.shown;
      };
      await shownBy(pair.ours); // so that the registry has every layer for those who are compared
      const [go, ours] = [await shownBy(pair.go), await shownBy(pair.ours)];
      expect(go.filter(({ exitCode }) => exitCode === 0).length).toBeGreaterThan(12);
      expect(ours).toEqual(go);
    },
  );
});
