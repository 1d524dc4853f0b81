import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startServerPair, type ServerPair } from "../harness/notary-server-pair.ts";
import { mustRun } from "../harness/peers-run.ts";
import { missing } from "../harness/peers.ts";
import { personalKey, type PersonalKey } from "./drop-in-lab.ts";
import { commandIn, passphrase, type Ran } from "./people-lab.ts";

const sides = ["go", "ours"] as const;

/** Taken away and given again: Debian's server keeps the role's file and has it count again, ours does not. */
describe.skipIf(missing("notary", "notary-server"))("a signer who is added again", () => {
  let pair: ServerPair;
  let home = "";
  let bob: PersonalKey;
  beforeAll(async () => {
    pair = await startServerPair();
    home = await mkdtemp(join(tmpdir(), "countersign-again-"));
    bob = await personalKey(home, "bob");
    await writeFile(join(home, "content"), "hello\n");
  });
  afterAll(async () => {
    await rm(home, { recursive: true, force: true });
    await pair[Symbol.asyncDispose]();
  });

  const repository = async (side: "go" | "ours", name: string) => {
    const gun = `registry.test/acme/${name}-${side}`;
    const trust = join(home, `${name}-${side}`);
    const env = {
      COUNTERSIGN_SERVER: "https://localhost:9", // nobody listens there
      COUNTERSIGN_PASSPHRASE: passphrase,
      NOTARY_ROOT_PASSPHRASE: passphrase,
      NOTARY_TARGETS_PASSPHRASE: passphrase,
      NOTARY_SNAPSHOT_PASSPHRASE: passphrase,
      NOTARY_DELEGATION_PASSPHRASE: passphrase,
    };
    const globals = ["-s", pair[side].url, "--tlscacert", pair.caFile];
    /** Somebody with notary and a trust directory of that name. */
    const notary = (who: string, ...args: readonly string[]): Promise<string> =>
      mustRun("notary", [...globals, "-d", `${trust}-${who}`, ...args], {
        env: { ...env, HOME: home },
        input: "yes\n",
      });
    const owner = (...args: readonly string[]): Promise<Ran> =>
      commandIn(
        home,
        env,
      )([
        ...[...args, "--yes", "--ca", pair.caFile],
        ...["--trust-server", pair[side].url, "--trust-dir", `${trust}-owner`],
      ]);
    const signedByBob = async (tag: string): Promise<void> => {
      await notary("bob", "add", gun, tag, join(home, "content"), "-r", "targets/bob", "-p");
    };
    const listed = async (): Promise<string> =>
      await notary("anybody", "list", gun, "-r", "targets/bob");
    await notary("owner", "init", gun, "-p");
    await notary("owner", "key", "rotate", gun, "snapshot", "-r");
    const add = ["signer", "add", gun, "bob", "--public-key", bob.publicFile];
    expect(await owner(...add)).toMatchObject({ exitCode: 0 });
    await notary("bob", "key", "import", bob.privateFile);
    await signedByBob("old");
    expect(await listed()).toContain("old");
    expect(await owner("signer", "remove", gun, "bob")).toMatchObject({ exitCode: 0 });
    return { gun, add, notary, owner, listed, signedByBob };
  };

  test.for(sides)("begins anew on the %s server where the key is held", async (side) => {
    const { add, owner, listed, notary, signedByBob } = await repository(side, "held");
    await notary("owner", "key", "import", bob.privateFile);
    const added = await owner(...add);
    expect(added).toMatchObject({ exitCode: 0 });
    expect(added.err).not.toContain("warning");
    if (side === "go") expect(added.out).toMatch(/^begins anew +targets\/bob, with old$/m);
    else expect(added.out).not.toContain("begins anew");
    expect(await listed()).not.toContain("old");
    await signedByBob("new");
    expect(await listed()).toContain("new");
    expect(await listed()).not.toContain("old");
  });

  test.for(sides)("is warned of on the %s server where it is not", async (side) => {
    const { add, owner, listed } = await repository(side, "not-held");
    const added = await owner(...add);
    expect(added).toMatchObject({ exitCode: 0 });
    if (side === "ours") {
      expect(added.err).not.toContain("warning");
      expect(await listed()).not.toContain("old");
      return;
    }
    expect(added.err).toContain("warning: the server has kept what was signed before");
    expect(added.out).toMatch(/^counts again +targets\/bob, with old$/m);
    expect(await listed()).toContain("old"); // as was said
  });

  test("keeps what was approved where that is asked for", async () => {
    const { add, owner, listed, notary } = await repository("go", "kept");
    await notary("owner", "key", "import", bob.privateFile);
    const added = await owner(...add, "--keep-approvals");
    expect(added).toMatchObject({ exitCode: 0 });
    expect(added.err).not.toContain("warning");
    expect(added.out).toContain("counts again");
    expect(await listed()).toContain("old");
  });
});
