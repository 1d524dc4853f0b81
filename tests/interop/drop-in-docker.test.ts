import { copyFile, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startServerPair, type ServerPair } from "../harness/notary-server-pair.ts";
import { mustRun } from "../harness/peers-run.ts";
import { missing } from "../harness/peers.ts";
import { passphrase, personalKey, programOf } from "./drop-in-lab.ts";

let pair: ServerPair;

/** One home: `docker`, and `notary` as the guide's alias has it, on docker's own trust directory. */
async function home(side: "go" | "ours", name: string) {
  const { url } = pair[side];
  const directory = join(pair.directory, `${name}-${side}`);
  const config = join(directory, ".docker");
  const tls = join(config, "tls", new URL(url).host);
  await mkdir(tls, { recursive: true });
  await copyFile(pair.caFile, join(tls, "ca.crt"));
  await copyFile(pair.caFile, join(directory, "ca.pem"));
  const env = {
    HOME: directory,
    DOCKER_CONTENT_TRUST_SERVER: url,
    DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE: passphrase,
    DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE: passphrase,
    NOTARY_ROOT_PASSPHRASE: passphrase,
    NOTARY_TARGETS_PASSPHRASE: passphrase,
    NOTARY_SNAPSHOT_PASSPHRASE: passphrase,
    NOTARY_DELEGATION_PASSPHRASE: passphrase,
  };
  const [program, ...before] = programOf("ours");
  const alias = [...before, "-s", url, "-d", join(config, "trust"), "--tlscacert", "ca.pem"];
  return {
    directory,
    notary: (line: string) =>
      mustRun(program, [...alias, ...line.split(" ")], { env, cwd: directory }),
    docker: (line: string) => mustRun("docker", line.split(" "), { env, cwd: directory }),
  };
}

describe.skipIf(missing("docker", "notary-server"))("on docker's trust directory", () => {
  beforeAll(async () => {
    pair = await startServerPair();
  });
  afterAll(async () => await pair[Symbol.asyncDispose]());

  test.for(["go", "ours"] as const)(
    "the guide's commands work unchanged before the %s server, and docker reads the result",
    { timeout: 120_000 },
    async (side) => {
      const { directory, notary, docker } = await home(side, "guide");
      const gun = `registry.test/acme/guide-${side}`;
      for (const user of ["user1", "user2"]) await personalKey(directory, user);
      const user1 = await personalKey(directory, "user1");
      await notary(`init -p ${gun}`);
      await notary(`key rotate ${gun} snapshot --server-managed`);
      const keys = `${user1.publicFile} user2.pub`;
      await notary(`delegation add -p ${gun} targets/releases --all-paths ${keys}`);
      await notary(`delegation add -p ${gun} targets/devops --all-paths ${keys}`);
      await notary(`key import ${user1.privateFile}`);
      const digest = "ab".repeat(32);
      const add = `addhash ${gun} 1 500 --sha256 ${digest} -r targets/releases,targets/devops -p`;
      await notary(add);
      expect(JSON.parse(await docker(`trust inspect ${gun}:1`))).toMatchObject([
        { SignedTags: [{ SignedTag: "1", Digest: digest, Signers: ["devops"] }] },
      ]);
    },
  );

  test.for(["go", "ours"] as const)(
    "a signer whom docker adds signs with ours before the %s server",
    { timeout: 120_000 },
    async (side) => {
      const { directory, notary, docker } = await home(side, "signer");
      const gun = `registry.test/acme/signer-${side}`;
      await docker("trust key generate alice");
      await docker(`trust signer add --key alice.pub alice ${gun}`);
      const delegations = await notary(`delegation list ${gun}`);
      expect(delegations).toMatch(/^targets\/alice .*^targets\/releases /ms);
      await writeFile(join(directory, "content"), "x");
      await notary(`add ${gun} 2 content -r targets/releases,targets/alice -p`);
      expect(JSON.parse(await docker(`trust inspect ${gun}`))).toMatchObject([
        { SignedTags: [{ SignedTag: "2", Signers: ["alice"] }], Signers: [{ Name: "alice" }] },
      ]);
      await notary(`key rotate ${gun} targets`);
      await personalKey(directory, "bob");
      await docker(`trust signer add --key bob.pub bob ${gun}`);
      expect(await notary(`delegation list ${gun}`)).toContain("targets/bob");
      expect(await notary(`list ${gun} -r targets/alice`)).toContain("targets/alice");
    },
  );
});
