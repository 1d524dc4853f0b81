import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createRegistryClient } from "#adapters/remotes";
import { startDockerRegistry } from "../harness/docker-registry.ts";
import { loopbackIdentity } from "../harness/notary-server-pair.ts";
import { startNotaryServer } from "../harness/notary-server.ts";
import { missing } from "../harness/peers.ts";
import { openPeopleLab, pushImage, type PeopleLab, type Person } from "./people-lab.ts";

/** A registry that an admin has registered, with its trust server on another host; nobody here is admin. */
describe.skipIf(missing("docker-registry", "notary-server"))("a registered registry", () => {
  const closing = new AsyncDisposableStack();
  let lab: PeopleLab;
  let alice: Person;
  let bob: Person;
  let web: string;
  let push: (tag: string, content: string) => Promise<string>;

  beforeAll(async () => {
    const directory = await mkdtemp(join(tmpdir(), "countersign-registered-"));
    closing.defer(() => rm(directory, { recursive: true, force: true }));
    const tls = await loopbackIdentity();
    const ca = tls.certificate;
    const registry = closing.use(await startDockerRegistry(tls));
    const gunPrefixes = [`${registry.host}/`];
    const notary = closing.use(await startNotaryServer({ directory, tls, gunPrefixes }));
    lab = closing.use(await openPeopleLab());
    await lab.admin("addRegistry", { body: { host: registry.host, ca, trustServer: notary.url } });
    [alice, bob] = [await lab.person("alice"), await lab.person("bob")];
    web = `${registry.host}/acme/web`;
    const client = createRegistryClient(
      { url: registry.url, tls: { ca } },
      { clock: Date.now, actions: "pull,push" },
    );
    closing.defer(() => client.close());
    push = (tag, content) => pushImage(client, { repository: "acme/web", tag, content });
  }, 120_000);
  afterAll(async () => {
    await closing.disposeAsync();
  });

  test("is signed and verified without naming its trust server or its authorities", async () => {
    const digest = await push("1", "one");
    const before = await alice.run(["verify", `${web}:1`]);
    expect(before).toMatchObject({ exitCode: 3, err: "" });
    expect(await alice.json(["sign", `${web}:1`])).toMatchObject({ digest, isNew: true });
    expect(await alice.json(["verify", `${web}:1`])).toMatchObject({ state: "signed" });
    const verified = await bob.run(["verify", `${web}:1`]);
    expect(verified).toMatchObject({ exitCode: 0, err: "" });
    expect(verified.out).toContain(digest);
  });

  test("has signers by account, who sign, revoke and are taken away", async () => {
    await lab.push("acme/web", "1", "one");
    // Bob's key is made and registered where he signs for the first time, at our own registry.
    expect((await alice.run(["sign", "acme/web:1", "--yes"])).exitCode).toBe(0);
    const unknown = await bob.run(["sign", "acme/web:1", "--yes"]);
    expect(unknown.err).toContain("countersign signer add acme/web bob");
    await lab.push("acme/bobs", "1", "one");
    expect((await bob.run(["sign", "acme/bobs:1", "--yes"])).exitCode).toBe(0);

    const added = await alice.run(["signer", "add", web, "bob", "--yes"]);
    expect(added).toMatchObject({ exitCode: 0 });
    const digest = await push("2", "two");
    const signed = await bob.run(["sign", `${web}:2`]);
    expect(signed).toMatchObject({ exitCode: 0, err: "" });
    expect(signed.out).toContain("targets/bob and targets/releases");
    expect((await alice.run(["verify", `${web}:2`])).out).toContain(digest);
    expect((await alice.run(["signer", "list", web])).out).toContain("targets/bob");
    expect((await alice.run(["inspect", web])).exitCode).toBe(0);
    expect((await bob.run(["log", web])).out).toContain("+ 2 ");
    expect((await bob.run(["revoke", `${web}:2`, "--yes"])).exitCode).toBe(0);
    expect((await alice.run(["verify", `${web}:2`])).exitCode).toBe(3);
    const removed = await alice.run(["signer", "remove", web, "bob", "--yes"]);
    expect(removed).toMatchObject({ exitCode: 0 });
    expect((await alice.run(["signer", "list", web])).out).not.toContain("targets/bob");
  });
});
