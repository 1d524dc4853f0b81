import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { commandLine, fixtureServer, Refusal, samples, type Answers } from "./testing/index.ts";

const expected = (name: string): string => `./testing/expected/${name}.txt`;
const { admin, admitted, aKey, alice, policy, qa, refused, runningWeb, status } = samples;
const everything = {
  status,
  session: { user: alice, expiresAt: 0 },
  listUsers: [admin, alice],
  user: alice,
  updateUser: alice,
  createUser: alice,
  listKeys: [aKey, { ...aKey, fingerprint: "ab".repeat(32), label: "old", revokedAt: 1 }],
  addKey: aKey,
  listOrganizations: [{ name: "acme", fullName: "Acme Corporation", createdAt: 0 }],
  createOrganization: { name: "acme", fullName: "Acme Corporation", createdAt: 0 },
  listTeams: [qa, { ...qa, name: "acme/security", members: [], canSign: [] }],
  createTeam: qa,
  addMember: qa,
  removeMember: qa,
  policy,
  setPolicy: policy,
  previewPolicy: { workloads: { engine: true, workloads: [] }, warnings: [] },
  createBundle: samples.bundle,
  why: refused,
  workloads: { engine: true, workloads: [runningWeb] },
  listRegistries: [samples.otherRegistry],
  addRegistry: samples.otherRegistry,
  listDecisions: { decisions: [samples.decision] },
} satisfies Answers;

test.for([
  ["status", ["status"]],
  ["status-json", ["status", "--format", "json"]],
  ["user-list", ["user", "list"]],
  ["user-list-quiet", ["user", "list", "-q"]],
  ["user-show", ["user", "show", "alice"]],
  ["user-set", ["user", "set", "alice", "--admin", "off", "--permission", "view-only"]],
  ["org-list", ["org", "list"]],
  ["org-create", ["org", "create", "acme", "--full-name", "Acme Corporation"]],
  ["team-list", ["team", "list"]],
  ["team-show", ["team", "show", "acme/security"]],
  ["team-create", ["team", "create", "acme/qa", "--right", "write"]],
  ["team-add", ["team", "add", "acme/qa", "alice", "carol"]],
  ["team-delete", ["team", "delete", "acme/qa", "--yes"]],
  ["key-list", ["key", "list", "alice"]],
  ["key-revoke", ["key", "revoke", "alice", "1f0c9a77", "--yes"]],
  ["workloads", ["workloads"]],
  ["decisions", ["decisions"]],
  ["trust-forget", ["trust", "forget", "acme/web", "--yes"]],
  ["registry-list", ["registry", "list"]],
  ["registry-remove", ["registry", "remove", "other.lab:5000", "--yes"]],
  ["policy-get", ["policy", "get"]],
  ["policy-set", ["policy", "set", "--mode", "enforce", "--require", "acme/qa"]],
] as const)("%s prints what is on file", async ([name, args]) => {
  await using server = await fixtureServer(everything);
  await using cli = await commandLine(server);
  const ran = await cli.run(args);
  expect(ran).toMatchObject({ exitCode: 0, err: "" });
  const longest = Math.max(...ran.out.split("\n").map((line) => line.length));
  if (!args.includes("json" as never)) expect(longest).toBeLessThanOrEqual(80);
  await expect(ran.out.replaceAll(server.address, "SERVER")).toMatchFileSnapshot(expected(name));
});

test("why says who signed an admitted image, and exits with 0", async () => {
  await using server = await fixtureServer({ why: admitted });
  await using cli = await commandLine(server);
  const ran = await cli.run(["why", "localhost:8443/acme/web:1"]);
  expect(ran).toMatchObject({ exitCode: 0, err: "" });
  await expect(ran.out).toMatchFileSnapshot(expected("why-admitted"));
});

test("why says when the verdict rests on an older reading", async () => {
  const asOf = Date.UTC(2026, 5, 1, 12);
  await using server = await fixtureServer({ why: { ...admitted, asOf } });
  await using cli = await commandLine(server);
  const { out } = await cli.run(["why", "localhost:8443/acme/web:1"]);
  expect(out).toContain("as of    2026-06-01T12:00:00Z: its trust server does not answer now\n");
});

test("why gives the reasons of a refusal with what would help, and exits with 3", async () => {
  await using server = await fixtureServer(everything);
  await using cli = await commandLine(server);
  const ran = await cli.run(["why", "localhost:8443/acme/web:1"]);
  expect(ran).toMatchObject({ exitCode: 3, err: "" });
  await expect(ran.out).toMatchFileSnapshot(expected("why-refused"));
});

test("why names the image of our own registry that may have been meant", async () => {
  const reasons = [{ kind: "registry-not-trusted", text: "docker.io is not trusted here" }];
  const repository = {
    name: "acme/web",
    visibility: "private",
    tags: 1,
    hasTrustData: true,
  } as const;
  await using server = await fixtureServer({
    status,
    why: { ...refused, image: "docker.io/acme/web:1", reasons },
    tags: ({ path }) => {
      if (path.includes("acme%2Fweb")) return { repository, tags: [] };
      throw new Refusal(404, { code: "rest/not-found", message: "no such repository" });
    },
  });
  await using cli = await commandLine(server);
  const meant = "in this registry: countersign why localhost:8443/acme/web:1\n";
  expect((await cli.run(["why", "acme/web:1"])).out).toContain(meant);
  for (const image of ["acme/none:1", "docker.io/acme/web:1", "alpine"])
    expect((await cli.run(["why", image])).out).not.toContain("in this registry");
  const calls = server.calls.length;
  await cli.run(["why", "acme/web:1", "-q"]);
  expect(server.calls).toHaveLength(calls + 1);
});

test("why tries every image before it fails", async () => {
  await using server = await fixtureServer({
    why: ({ path }) => {
      if (path.includes("bad"))
        throw new Refusal(400, { code: "oci/reference-invalid", message: "not an image" });
      return admitted;
    },
  });
  await using cli = await commandLine(server);
  const ran = await cli.run(["why", "bad", "good", "-q"]);
  expect(ran).toEqual({
    exitCode: 1,
    out: "admit localhost:8443/acme/web:1\n",
    err: "error: bad: not an image\n",
  });
});

test("a session lasts from login to logout, in a file for its owner alone", async () => {
  await using server = await fixtureServer({
    ...everything,
    signIn: ({ body }) => {
      if ((body as { password: string }).password !== "correct horse")
        throw new Refusal(401, { code: "accounts/denied", message: "wrong name or password" });
      return { user: alice, expiresAt: 1_800_000_000_000, token: "secret-token" };
    },
  });
  await using cli = await commandLine(server);
  const wrong = await cli.run(["login", "alice"], { typed: ["guess"] });
  expect(wrong).toMatchObject({ exitCode: 1, out: "" });
  expect(wrong.err).toContain("error: wrong name or password");

  const right = await cli.run(["login", "alice"], {
    env: { COUNTERSIGN_PASSWORD: "correct horse" },
  });
  expect(right).toMatchObject({ exitCode: 0, err: "" });
  expect(right.out).not.toContain("secret-token");
  const file = join(cli.directory, ".config/countersign/credentials.json");
  expect((await stat(file)).mode & 0o777).toBe(0o600);

  await cli.run(["status"]);
  expect(server.calls.at(-1)).toMatchObject({ operation: "status", token: "secret-token" });
  await cli.run(["key", "list"]);
  expect(server.calls.at(-1)).toMatchObject({ path: "/users/alice/keys" });

  expect(await cli.run(["logout"])).toMatchObject({ exitCode: 0, err: "" });
  expect(server.calls.at(-1)).toMatchObject({ operation: "signOut", token: "secret-token" });
  expect(await readFile(file, "utf8")).not.toContain("secret-token");
});

test("COUNTERSIGN_USER signs in for one command of any kind, and out again", async () => {
  const isRight = (body: unknown): boolean =>
    (body as { password: string }).password === "correct horse";
  await using server = await fixtureServer({
    ...everything,
    signIn: ({ body }) => {
      if (!isRight(body))
        throw new Refusal(401, { code: "accounts/denied", message: "wrong name or password" });
      return { user: alice, expiresAt: 1_800_000_000_000, token: "for-one-command" };
    },
  });
  await using cli = await commandLine(server);
  await writeFile(join(cli.directory, "password"), "correct horse\nnot this line\n");
  const env = { COUNTERSIGN_USER: "alice", COUNTERSIGN_PASSWORD_FILE: "password" };
  const kept = { COUNTERSIGN_TOKEN: "another-one" };
  expect(await cli.run(["key", "list"], { env: { ...env, ...kept } })).toMatchObject({
    exitCode: 0,
    err: "",
  });
  const calls = server.calls.map(({ operation, token }) => [operation, token]);
  expect(calls.slice(1)).toEqual([
    ["listKeys", "for-one-command"],
    ["signOut", "for-one-command"],
  ]);
  expect(server.calls[1]).toMatchObject({ path: "/users/alice/keys" });

  const failing = await cli.run(["key", "revoke", "alice", "ffff", "--yes"], { env });
  expect(failing).toMatchObject({ exitCode: 2, out: "" });
  expect(server.calls.at(-1)).toMatchObject({ operation: "signOut", token: "for-one-command" });

  const wrong = { COUNTERSIGN_USER: "alice", COUNTERSIGN_PASSWORD: "guess" };
  const refused = await cli.run(["status"], { env: wrong });
  expect(refused).toMatchObject({ exitCode: 1, out: "" });
  expect(refused.err).toContain("error: wrong name or password");
  const without = await cli.run(["status"], { env: { COUNTERSIGN_USER: "alice" } });
  expect(without.err).toContain("there is no password for alice");
  expect(await cli.run(["--help"], { env: wrong })).toMatchObject({ exitCode: 0 });
});

test("a password comes from a file, standard input or two equal answers", async () => {
  await using server = await fixtureServer(everything);
  await using cli = await commandLine(server);
  await writeFile(join(cli.directory, "secret"), "from the file\r\nmore\n");
  const create = ["user", "create", "alice"];
  const sent = (): unknown => server.calls.at(-1)?.body;

  await cli.run([...create, "--password-file", "secret"]);
  expect(sent()).toMatchObject({ password: "from the file" });
  await cli.run([...create, "--password-file", "-"], { input: "from stdin\n" });
  expect(sent()).toMatchObject({ password: "from stdin" });
  await cli.run(create, { typed: ["typed twice ok", "typed twice ok"] });
  expect(sent()).toMatchObject({ password: "typed twice ok" });
  const before = server.calls.length;
  expect(await cli.run(create, { typed: ["typed twice ok", "typed twixe ok"] })).toMatchObject({
    exitCode: 1,
  });
  expect((await cli.run(create)).err).toContain("hint:  use --password-file FILE");
  expect(server.calls.length).toBe(before);
});

test("a policy that would end something that runs is saved only when confirmed", async () => {
  await using server = await fixtureServer({
    ...everything,
    previewPolicy: {
      workloads: { engine: true, workloads: [runningWeb] },
      warnings: [{ team: "acme/ops", text: "nobody can sign for acme/ops: it has no members" }],
    },
  });
  await using cli = await commandLine(server);
  const args = ["policy", "set", "--require", "acme/qa", "acme/ops"];
  const asked = await cli.run(args, { typed: ["n"] });
  expect(asked).toMatchObject({ exitCode: 1, out: "" });
  await expect(asked.err).toMatchFileSnapshot(expected("policy-set-warning"));
  expect((await cli.run(args)).err).toContain("hint:  add --yes");
  expect(server.calls.map(({ operation }) => operation)).not.toContain("setPolicy");
  expect((await cli.run([...args, "--yes"])).exitCode).toBe(0);
  expect(server.calls.at(-1)?.body).toEqual({
    mode: "enforce",
    requiredTeams: ["acme/qa", "acme/ops"],
    minimums: [],
    ifVersion: 3,
  });
});

test("a minimum of people lasts while its team is required", async () => {
  const minimums = [{ team: "acme/qa", people: 2 }];
  await using server = await fixtureServer({ ...everything, policy: { ...policy, minimums } });
  await using cli = await commandLine(server);
  await cli.run(["policy", "set", "--minimum", "acme/security=3"]);
  expect(server.calls.at(-1)?.body).toMatchObject({
    minimums: [
      { team: "acme/qa", people: 2 },
      { team: "acme/security", people: 3 },
    ],
  });
  await cli.run(["policy", "set", "--require", "acme/security"]);
  expect(server.calls.at(-1)?.body).toMatchObject({ minimums: [] });
  expect((await cli.run(["policy", "get"])).out).toContain("acme/qa (2 people)");
  const stranger = await cli.run(["policy", "set", "--minimum", "acme/ops=2"]);
  expect(stranger.exitCode).toBe(2);
});

test("bundle create writes both archives, and never over an older one", async () => {
  await using server = await fixtureServer(everything);
  await using cli = await commandLine(server);
  const first = await cli.run(["bundle", "create", "alice", "--label", "laptop", "-q"]);
  expect(first.out).toBe("bundle-alice.zip\ncontext-alice.zip\n");
  const second = await cli.run(["bundle", "create", "alice", "-q"]);
  expect(second.out).toContain("bundle-alice-2.zip");
  expect((await stat(join(cli.directory, "bundle-alice.zip"))).mode & 0o777).toBe(0o600);
});

test("bundle create --unpack writes the files, into an empty directory only", async () => {
  await using server = await fixtureServer(everything);
  await using cli = await commandLine(server);
  const args = ["bundle", "create", "alice", "--unpack", "-o", "hers"];
  expect(await cli.run(args)).toMatchObject({ exitCode: 0, err: "" });
  expect(await readFile(join(cli.directory, "hers/key.pem"), "utf8")).toBe("a key");
  expect((await stat(join(cli.directory, "hers/key.pem"))).mode & 0o777).toBe(0o600);
  const calls = server.calls.length;
  expect(await cli.run(args)).toMatchObject({ exitCode: 1, out: "" });
  expect(server.calls.length).toBe(calls);
});

test("a private key is not sent anywhere", async () => {
  await using server = await fixtureServer(everything);
  await using cli = await commandLine(server);
  const begin = "-----BEGIN EC PRIVATE KEY-----"; // a heading alone; the test needs no key
  await writeFile(join(cli.directory, "key.pem"), `${begin}\n`);
  expect(await cli.run(["key", "add", "alice", "key.pem"])).toMatchObject({ exitCode: 2 });
  expect(server.calls).toEqual([]);
});

test.for([
  [["no-such-command"]],
  [["status", "--format", "xml"]],
  [["trust", "renew", "--skip-versions", "-1"]],
  [["why"]],
  [["decisions", "--limit", "1000"]],
  [["user", "set", "alice"]],
  [["team", "add", "qa", "alice"]],
  [["policy", "set", "--require", "acme/qa", "--require-none"]],
  [["status", "--server", "ftp://example.com"]],
  [["status", "--server", "https://example.com/path"]],
] as const)("%j is wrong usage", async ([args]) => {
  await using server = await fixtureServer(everything);
  await using cli = await commandLine(server);
  const ran = await cli.run(args);
  expect(ran).toMatchObject({ exitCode: 2, out: "" });
  expect(ran.err).toMatch(/^error: /);
});

test("every command has help with an example, within 80 columns", async () => {
  await using server = await fixtureServer({});
  await using cli = await commandLine(server);
  const top = await cli.run(["--help"]);
  expect(top).toMatchObject({ exitCode: 0, err: "" });
  await expect(top.out).toMatchFileSnapshot(expected("help"));
  for (const args of [["why"], ["login"], ["policy", "set"], ["bundle", "create"], ["serve"]]) {
    const { out, exitCode } = await cli.run([...args, "--help"]);
    expect(exitCode).toBe(0);
    expect(out).toContain(`$ countersign ${args.join(" ")}`);
    expect(Math.max(...out.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
  }
});

test("an unknown CA, a server that is away and a missing session each get their hint", async () => {
  await using server = await fixtureServer({
    listUsers: () => {
      throw new Refusal(401, { code: "api/not-signed-in", message: "nobody is signed in" });
    },
  });
  await using cli = await commandLine(server);
  const untrusted = await cli.run(["status"], { env: { COUNTERSIGN_CA: "" } });
  expect(untrusted).toMatchObject({ exitCode: 1 });
  expect(untrusted.err).toContain("hint:  name the server's ca.pem with --ca");
  const away = await cli.run(["status", "--server", "https://localhost:1"]);
  expect(away.err).toContain("error: the server does not answer");
  const anonymous = await cli.run(["user", "list"]);
  expect(anonymous.err).toBe(
    "error: nobody is signed in\nhint:  sign in first: countersign login USER\n",
  );
});

test("the reference lists every command as its help shows it", async () => {
  await using server = await fixtureServer({});
  await using cli = await commandLine(server);
  const sections: string[] = [];
  const collect = async (path: readonly string[]): Promise<void> => {
    const { out } = await cli.run([...path, "--help"]);
    const heading = ["countersign", ...path].join(" ");
    sections.push(`## \`${heading}\`\n\n\`\`\`text\n${out.trim()}\n\`\`\`\n`);
    const [, below = ""] = out.split("\nCommands:\n");
    for (const [, name = ""] of below.matchAll(/^ {2}([\w-]+)/gm))
      if (name !== "help") await collect([...path, name]);
  };
  await collect([]);
  const intro = "Made from the commands' own help by `apps/cli/program.test.ts`.";
  await expect(
    ["# The countersign command", "", intro, "", sections.join("\n")].join("\n"),
  ).toMatchFileSnapshot("../../docs/reference/command-line.md");
});

test("a registry is added with its CA, and a password that is no argument", async () => {
  await using server = await fixtureServer(everything);
  await using cli = await commandLine(server);
  await writeFile(join(cli.directory, "other-ca.pem"), "a certificate");
  const args = ["registry", "add", "other.lab:5000", "--ca", "other-ca.pem"];
  const plain = await cli.run(args);
  expect(plain).toMatchObject({ exitCode: 0, err: "" });
  await expect(plain.out).toMatchFileSnapshot(expected("registry-add"));
  const more = [
    "--username",
    "reader",
    "--trust-server",
    "https://notary.lab",
    "--max-stale",
    "60",
  ];
  const env = { COUNTERSIGN_REGISTRY_PASSWORD: "from the environment" };
  expect(await cli.run([...args, ...more], { env })).toMatchObject({ exitCode: 0 });
  expect(await cli.run([...args, "--username", "reader"], { typed: ["typed"] })).toMatchObject({
    exitCode: 0,
  });
  const bodies = server.calls.map((call) => call.body);
  const base = { host: "other.lab:5000", ca: "a certificate" };
  expect(bodies).toEqual([
    base,
    {
      ...base,
      username: "reader",
      password: "from the environment",
      trustServer: "https://notary.lab",
      maxStaleSeconds: 60,
    },
    { ...base, username: "reader", password: "typed" },
  ]);
  expect(await cli.run([...args.slice(0, -1), "missing.pem"])).toMatchObject({ exitCode: 1 });
  expect(await cli.run(["registry", "add", "other.lab"])).toMatchObject({ exitCode: 2 });
  for (const seconds of ["-1", "soon", "604801"])
    expect(await cli.run([...args, "--max-stale", seconds])).toMatchObject({ exitCode: 2 });
});

test("trust data of another registry's repository is forgotten by that registry's host", async () => {
  await using server = await fixtureServer(everything);
  await using cli = await commandLine(server);
  for (const named of [["acme/web", "--registry", "other.lab:5000"], ["other.lab:5000/acme/web"]])
    expect(await cli.run(["trust", "forget", ...named, "--yes"])).toMatchObject({ exitCode: 0 });
  const path = "/trust?repository=acme%2Fweb&registry=other.lab%3A5000";
  expect(server.calls.map((call) => call.path)).toEqual([path, path]);
});
