import { afterAll, beforeAll, expect, test } from "vitest";
import { openPeopleLab, type PeopleLab, type Person } from "./people-lab.ts";

let lab: PeopleLab;
let alice: Person;
let bob: Person;
let carol: Person;

beforeAll(async () => {
  lab = await openPeopleLab();
  [alice, bob, carol] = (await Promise.all(
    ["alice", "bob", "carol"].map((name) => lab.person(name)),
  )) as [Person, Person, Person];
}, 120_000);
afterAll(async () => {
  await lab[Symbol.asyncDispose]();
});

test("one command signs: it begins the repository, makes and registers a key, and delegates", async () => {
  const digest = await lab.push("acme/web", "1", "web one");
  const without = await alice.run(["sign", "acme/web:1"]);
  expect(without).toMatchObject({ exitCode: 1, out: "" });
  expect(without.err).toContain("countersign key import");
  const signed = await alice.run(["sign", "acme/web:1", "--yes"]);
  expect(signed).toMatchObject({ exitCode: 0 });
  expect(signed.out).toContain(digest);
  expect(signed.out).toContain("targets/alice and targets/releases");
  expect(await alice.json(["sign", "acme/web:1"])).toMatchObject({
    image: `${lab.host}/acme/web:1`,
    digest,
    isChanged: false,
    isNew: false,
    account: "alice",
  });
});

test("who is no signer hears what the owner has to run", async () => {
  const ran = await bob.run(["sign", "acme/web:1", "--yes"]);
  expect(ran).toMatchObject({ exitCode: 1, out: "" });
  expect(ran.err).toContain("countersign signer add acme/web bob");
  await lab.push("acme/api", "1", "api one");
  const reader = await carol.run(["sign", "acme/api:1", "--yes"]);
  expect(reader).toMatchObject({ exitCode: 1, out: "" });
  expect(reader.err).toContain("carol has no right to publish to acme/api");
});

test("verify says who signed, and that the tag was pushed again", async () => {
  const shown = await alice.run(["verify", "acme/web:1"]);
  expect(shown).toMatchObject({ exitCode: 0, err: "" });
  expect(shown.out).toContain("targets/releases, by alice");
  expect(shown.out).toContain("the tag has this digest");
  await lab.push("acme/web", "1", "another one");
  expect(await carol.json(["verify", `${lab.host}/acme/web:1`])).toMatchObject({
    state: "signed",
    movedSinceSigning: true,
    roles: [
      { name: "targets/alice", state: "valid", signedBy: [{ account: "alice" }] },
      { name: "targets/releases", state: "valid", signedBy: [{ account: "alice" }] },
    ],
  });
  for (const image of ["acme/web:2", "acme/api:1"]) {
    const ran = await carol.run(["verify", image]);
    expect(ran).toMatchObject({ exitCode: 3, err: "" });
    expect(ran.out).toContain("not signed");
  }
});

test("an owner adds signers by account, and their signatures then count", async () => {
  const added = await alice.run(["signer", "add", "acme/web", "bob", "--yes"]);
  expect(added).toMatchObject({ exitCode: 0 });
  const signed = await bob.run(["sign", "acme/web:1"]);
  expect(signed).toMatchObject({ exitCode: 0, err: "" });
  expect(signed.out).toContain("targets/releases and targets/bob");
  const list = await carol.run(["signer", "list", "acme/web"]);
  expect(list).toMatchObject({ exitCode: 0, err: "" });
  expect(list.out).toContain("targets/releases  1     1      alice, bob");
  expect((await alice.run(["signer", "add", "acme/web", "carol", "--yes"])).exitCode).toBe(0);
});

test("revoke takes a tag out of one's own roles, and says where it still is", async () => {
  const revoked = await bob.run(["revoke", "acme/web:1", "--yes"]);
  expect(revoked).toMatchObject({ exitCode: 0, err: "" });
  expect(revoked.out).toContain("targets/releases and targets/bob");
  expect(revoked.out).toContain("targets/alice: alice could revoke it there");
  expect((await bob.run(["verify", "acme/web:1"])).exitCode).toBe(3);
  expect((await alice.run(["sign", "acme/web:1"])).exitCode).toBe(0);
  expect((await alice.run(["verify", "acme/web:1"])).exitCode).toBe(0);
});

test("signer remove takes away the role, and what was released stays released", async () => {
  expect((await bob.run(["sign", "acme/web:1"])).exitCode).toBe(0);
  await lab.push("acme/web", "3", "web three");
  expect((await bob.run(["sign", "acme/web:3"])).exitCode).toBe(0);
  const removed = await alice.run(["signer", "remove", "acme/web", "bob", "--yes"]);
  expect(removed).toMatchObject({ exitCode: 0 });
  expect(removed.out).toContain("1, 3");
  expect(removed.out).toContain("signed again");
  const list = await alice.run(["signer", "list", "acme/web", "-q"]);
  expect(list.out).toBe("targets\ntargets/alice\ntargets/releases\ntargets/carol\n");
  expect((await alice.run(["verify", "acme/web:3"])).exitCode).toBe(0);
  const again = await bob.run(["sign", "acme/web:3"]);
  expect(again.err).toContain("countersign signer add acme/web bob");
});
