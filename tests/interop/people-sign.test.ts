import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openPeopleLab, passphrase, type PeopleLab, type Person } from "./people-lab.ts";

const noPassphrases = Object.fromEntries(
  [
    "DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE",
    "DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE",
    "NOTARY_DELEGATION_PASSPHRASE",
  ].map((name) => [name, ""]),
);
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
  const several = await carol.run(["verify", "acme/web:1", "acme/web:2", "not an image", "-q"]);
  expect(several).toMatchObject({ exitCode: 3 });
  expect(several.out).toMatch(/^localhost:\d+\/acme\/web@sha256:[0-9a-f]{64}\n$/);
  expect(several.err).toContain("error: not an image: not an image is not the name of an image");
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

test("sign says what it signed now, and what said so already", async () => {
  const digest = await lab.push("acme/web", "5", "web five");
  expect((await alice.run(["sign", "acme/web:5"])).exitCode).toBe(0);
  const { out, exitCode } = await bob.run(["sign", "acme/web:5"]);
  expect(exitCode).toBe(0);
  expect(out).toMatch(/^as +targets\/bob$/m);
  expect(out).toMatch(/^already in +targets\/releases$/m);
  await lab.push("acme/web", "6", "web six");
  const both = await bob.json(["sign", "acme/web:5", "acme/web:6"]);
  expect(both).toMatchObject([
    { digest, isChanged: false, already: ["targets/releases", "targets/bob"] },
    { isChanged: true, already: [], roles: ["targets/releases", "targets/bob"] },
  ]);
  for (const tag of ["5", "6"])
    for (const person of [alice, bob]) await person.run(["revoke", `acme/web:${tag}`, "--yes"]);
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

test("a signer who was taken away and is added again begins anew, where the old list was seen too", async () => {
  expect((await alice.run(["signer", "add", "acme/web", "bob", "--yes"])).exitCode).toBe(0);
  const signed = await bob.run(["sign", "acme/web:3"]); // bob's machine last saw the list of before
  expect(signed).toMatchObject({ exitCode: 0, err: "" });
  expect((await bob.run(["sign", "acme/web:3"])).out).toContain("signed before");
  const { roles } = (await carol.json(["verify", "acme/web:1"])) as { roles: { name: string }[] };
  expect(roles.map(({ name }) => name)).not.toContain("targets/bob");
  const removing = ["signer", "remove", "acme/web", "bob", "--yes"];
  expect((await alice.run(removing)).exitCode).toBe(0);
});

test("where nothing tells that a role was given anew, its list is not signed away", async () => {
  expect((await alice.run(["signer", "add", "acme/web", "bob", "--yes"])).exitCode).toBe(0);
  expect((await bob.run(["sign", "acme/web:3"])).exitCode).toBe(0);
  expect((await bob.run(["verify", "acme/web:3"])).exitCode).toBe(0);
  const kept = join(bob.trustDirectory, "tuf", lab.host, "acme/web/metadata/targets/bob.json");
  const old = await readFile(kept);
  for (const command of ["remove", "add"])
    expect((await alice.run(["signer", command, "acme/web", "bob", "--yes"])).exitCode).toBe(0);
  expect((await bob.run(["verify", "acme/web:3"])).exitCode).toBe(0);
  await writeFile(kept, old); // as a client does that does not look for what has gone
  const refused = await bob.run(["sign", "acme/web:3"]);
  expect(refused).toMatchObject({ exitCode: 1, out: "" });
  expect(refused.err).toContain(`delete ${kept} and try again`);
  await rm(kept);
  expect((await bob.run(["sign", "acme/web:3"])).exitCode).toBe(0);
  const removing = ["signer", "remove", "acme/web", "bob", "--yes"];
  expect((await alice.run(removing)).exitCode).toBe(0);
});

test("inspect shows people and teams, and keys where nobody is known", async () => {
  const { version } = await lab.admin("policy");
  const policy = { mode: "enforce" as const, requiredTeams: ["acme/qa"], ifVersion: version };
  await lab.admin("setPolicy", { body: policy });
  const image = await carol.run(["inspect", "acme/web:1"]);
  expect(image).toMatchObject({ exitCode: 0, err: "" });
  expect(image.out).toContain("acme/qa: missing; nobody has signed; could sign: bob");
  const repository = await carol.run(["inspect", "acme/web"]);
  expect(repository.out).toContain("releases    alice and carol");
  expect(repository.out).toContain("refused  alice");
});

test("who only did docker login, or countersign login, is known as well", async () => {
  const byDocker = { COUNTERSIGN_USER: "", COUNTERSIGN_PASSWORD: "" };
  expect(await alice.json(["sign", "acme/web:1"], { env: byDocker })).toMatchObject({
    account: "alice",
  });
  const nowhere = { ...byDocker, DOCKER_CONFIG: alice.home };
  const nobody = await alice.run(["sign", "acme/web:1"], { env: nowhere });
  expect(nobody).toMatchObject({ exitCode: 1, out: "" });
  expect(nobody.err).toContain("countersign login USER");
  expect((await alice.run(["login", "alice"])).exitCode).toBe(0);
  const kept = { ...nowhere, COUNTERSIGN_TRUST_DIR: alice.trustDirectory };
  expect(await alice.json(["sign", "acme/web:1"], { env: kept })).toMatchObject({
    account: "alice",
  });
  expect((await alice.run(["logout"])).exitCode).toBe(0);
  const strict = await alice.run(["sign", "acme/web:1", "--require-admitted"]);
  expect(strict.exitCode).toBe(3);
  expect(strict.out).toContain("bob runs: countersign sign");
  const half = await alice.run(["sign", "acme/web:1"], { env: { COUNTERSIGN_PASSWORD: "" } });
  expect(half.err).toContain("there is no password for alice");
});

test("on a terminal passphrases are asked for, and a wrong one is asked for again", async () => {
  const env = { COUNTERSIGN_PASSPHRASE: "", ...noPassphrases };
  const typed = ["not this one", passphrase];
  const signed = await alice.run(["sign", "acme/web:3"], { env, typed });
  expect(signed).toMatchObject({ exitCode: 0 });
  expect(signed.err.match(/Passphrase of the alice key/g)).toHaveLength(2);
  await lab.push("acme/web", "4", "web four");
  const without = await alice.run(["sign", "acme/web:4"], { env });
  expect(without).toMatchObject({ exitCode: 1, out: "" });
  expect(without.err).toContain("COUNTERSIGN_PASSPHRASE_FILE");
});

test("why says where the image is that may have been meant, where docker would look elsewhere", async () => {
  const elsewhere = await alice.run(["why", "acme/web:1"]);
  expect(elsewhere).toMatchObject({ exitCode: 3, err: "" });
  const [meant = ""] = /countersign why localhost:\d+\/\S+/.exec(elsewhere.out) ?? [];
  expect(meant).toBe(`countersign why ${lab.host}/acme/web:1`);
  expect((await alice.run(["why", "acme/none:1"])).out).not.toContain("in this registry");
});

test("log tells who published what, with tags, keys and roles", async () => {
  const { out, exitCode, err } = await carol.run(["log", "acme/web"]);
  expect({ exitCode, err }).toEqual({ exitCode: 0, err: "" });
  expect(Math.max(...out.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
  expect(out).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ {2}published by /);
  expect(out).toContain("role targets/bob taken away");
  expect(out).toMatch(/\+ 3 [0-9a-f]{12} in targets\/releases/);
  expect(out).toMatch(/~ 1 [0-9a-f]{12} to [0-9a-f]{12} in/);
  expect(out).toContain("new role targets/alice; keys added: alice");
  const last = (await carol.json(["log", "acme/web", "--limit", "1"])) as readonly object[];
  expect(last).toMatchObject([{ kind: "published", tags: [{ tag: "3", change: "added" }] }]);
  expect((await carol.run(["log", "acme/none"])).exitCode).toBe(1);
});
