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
