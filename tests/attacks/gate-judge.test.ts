import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parseAccountName, parseTeamName, type AccountName } from "#domain/identity";
import { parseRegistryHost } from "#domain/oci";
import { judgeForGateway } from "../../apps/server/gateway-parts.ts";
import { digestOf, image, publisher, wired } from "../trust/wired-world.ts";

const o = { signal: new AbortController().signal };

test("a start is judged while the policy is enforced, and kept when it is refused", async () => {
  const data = await mkdtemp(join(tmpdir(), "countersign-start-"));
  try {
    await using app = await wired(data);
    await (await publisher(app)).publish(app, "content");
    const { accounts, gatekeeper } = app;
    const by = parseAccountName("admin");
    const judge = judgeForGateway(gatekeeper, {
      accounts,
      host: parseRegistryHost("registry.test"),
    });
    const start = async (digest: string): Promise<string> => {
      const localDigests = [`${image.slice(0, -2)}@${digest}`];
      const request = { image, by, operation: "container-start", localDigests } as const;
      return (await judge.judge(request, o)).kind;
    };
    const kept = async (): Promise<number> => (await gatekeeper.decisions({ limit: 9 }, o)).length;
    const set = async (mode: "warn" | "enforce"): Promise<void> => {
      const ifVersion = (await gatekeeper.policy(o)).version;
      await gatekeeper.setPolicy({ mode, required: [], ifVersion }, by, o);
    };
    const other = digestOf("other content");
    expect([await start(other), await kept()]).toEqual(["as-written", 0]);
    await set("warn");
    expect([await start(other), await kept()]).toEqual(["as-written", 0]);
    await set("enforce");
    expect([await start(digestOf("content")), await kept()]).toEqual(["run", 0]);
    expect([await start(other), await kept()]).toEqual(["refuse", 1]);
  } finally {
    await rm(data, { recursive: true, force: true });
  }
});

test("a refusal at the gateway tells nothing of a repository that its reader may not read", async () => {
  const data = await mkdtemp(join(tmpdir(), "countersign-hidden-"));
  try {
    await using app = await wired(data);
    await (await publisher(app)).publish(app, "content");
    const { accounts, gatekeeper } = app;
    const admin = parseAccountName("admin");
    const alice = parseAccountName("alice");
    const mallory = parseAccountName("mallory");
    for (const name of [alice, mallory])
      await accounts.createUser(
        {
          name,
          fullName: "",
          password: "long enough",
          isAdmin: false,
          permission: "restricted-control",
        },
        o,
      );
    await accounts.createOrganization({ name: parseAccountName("acme"), fullName: "" }, o);
    const team = parseTeamName("acme/qa");
    await accounts.createTeam({ name: team, description: "", right: "read" }, o);
    await accounts.addMember(team, alice, o);
    const { version } = await gatekeeper.policy(o);
    const wanted = {
      mode: "enforce",
      required: [{ team, people: 1 }],
      ifVersion: version,
    } as const;
    await gatekeeper.setPolicy(wanted, admin, o);
    const judge = judgeForGateway(gatekeeper, {
      accounts,
      host: parseRegistryHost("registry.test"),
    });
    for (const operation of ["container-create", "pull", "distribution"] as const) {
      const said = (by: AccountName, name: string): Promise<unknown> =>
        judge.judge({ image: name, by, operation }, o);
      const generic = "there is no such repository, or it is not for you";
      expect(await said(alice, image)).toMatchObject({
        kind: "refuse",
        message: expect.stringContaining("not signed by team acme/qa") as string,
      });
      for (const name of [image, "registry.test/acme/nothing:1"])
        expect(await said(mallory, name)).toEqual({
          kind: "refuse",
          message: `${name} is refused: ${generic}`,
        });
      const local = {
        image: "0123456789ab",
        localDigests: [`${image.slice(0, -2)}@sha256:${"0".repeat(64)}`],
      };
      const byId = await judge.judge({ ...local, by: mallory, operation: "container-create" }, o);
      expect(byId).toEqual({ kind: "refuse", message: `0123456789ab is refused: ${generic}` });
    }
  } finally {
    await rm(data, { recursive: true, force: true });
  }
});
