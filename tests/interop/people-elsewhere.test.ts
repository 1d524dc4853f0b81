import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startServerPair, type ServerPair } from "../harness/notary-server-pair.ts";
import { mustRun } from "../harness/peers-run.ts";
import { missing } from "../harness/peers.ts";
import { commandIn, passphrase } from "./people-lab.ts";

const gun = "registry.test/acme/web";
const manifest = "5e".repeat(32);

/** No server of ours to ask, only somebody's notary-server. */
describe.skipIf(missing("notary", "notary-server"))(
  "repositories of a Notary server elsewhere",
  () => {
    let pair: ServerPair;
    let home = "";
    beforeAll(async () => {
      pair = await startServerPair();
      home = await mkdtemp(join(tmpdir(), "countersign-elsewhere-"));
    });
    afterAll(async () => {
      await rm(home, { recursive: true, force: true });
      await pair[Symbol.asyncDispose]();
    });
    const env = {
      // Nobody listens there.
      COUNTERSIGN_SERVER: "https://localhost:9",
      COUNTERSIGN_PASSPHRASE: passphrase,
      NOTARY_ROOT_PASSPHRASE: passphrase,
      NOTARY_TARGETS_PASSPHRASE: passphrase,
      NOTARY_SNAPSHOT_PASSPHRASE: passphrase,
      NOTARY_DELEGATION_PASSPHRASE: passphrase,
    };
    const notary = (...args: readonly string[]): Promise<string> =>
      mustRun(
        "notary",
        ["-s", pair.go.url, "--tlscacert", pair.caFile, "-d", join(home, ".docker/trust"), ...args],
        { env: { ...env, HOME: home }, input: "yes\n" },
      );
    const countersign = (...args: readonly string[]) =>
      commandIn(home, env)([...args, "--ca", pair.caFile, "--trust-server", pair.go.url]);

    test("verify, inspect, log, revoke and signer work there too", async () => {
      const before = await countersign("verify", `${gun}:1`);
      expect(before).toMatchObject({ exitCode: 3, err: "" });
      expect((await countersign("log", gun)).exitCode).toBe(1);
      await notary("init", gun, "--publish");
      await notary("addhash", gun, "1", "500", "--sha256", manifest, "--publish");
      await notary("key", "rotate", gun, "snapshot", "--server-managed");

      const signed = await countersign("verify", `${gun}:1`);
      expect(signed).toMatchObject({ exitCode: 0, err: "" });
      expect(signed.out).toContain(`sha256:${manifest}`);
      const inspected = await countersign("inspect", gun);
      expect(inspected).toMatchObject({ exitCode: 0 });
      expect(inspected.err).toBe(
        "note: nobody here knows the people of registry.test: keys are shown\n",
      );
      expect(inspected.out).toMatch(/^1 +sha256:5e5e5e…5e5e/m);

      const logged = await countersign("log", gun);
      expect(logged).toMatchObject({ exitCode: 0, err: "" });
      expect(logged.out.match(/published by/g)).toHaveLength(3);
      expect(logged.out).toContain("+ 1 5e5e5e5e5e5e in targets");
      expect(logged.out).toContain("snapshot changed; keys added");

      const revoked = await countersign("revoke", `${gun}:1`, "--yes");
      expect(revoked).toMatchObject({ exitCode: 0, err: "" });
      expect(await notary("list", gun)).not.toContain(manifest);
      const [last] = JSON.parse(
        (await countersign("log", gun, "--format", "json")).out,
      ) as unknown[];
      expect(last).toMatchObject({ tags: [{ tag: "1", change: "removed" }] });
    });

    test("a server that does not answer is said in a sentence, with exit code 1", async () => {
      const args = ["verify", `${gun}:1`, "--trust-server", "https://localhost:9"];
      const ran = await commandIn(home, env)([...args, "--trust-dir", join(home, "empty")]);
      expect(ran).toMatchObject({ exitCode: 1, out: "" });
      expect(ran.err).toMatch(/^error: the trust server does not answer\nhint: {2}/);
    });
  },
);
