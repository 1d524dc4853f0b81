import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { dockerPrograms } from "../harness/docker-cli.ts";
import { startEngine, type TestEngine } from "../harness/engine.ts";
import { missing, noEngine } from "../harness/peers.ts";
import { runPeer } from "../harness/peers-run.ts";
import { freePorts, startServer, type ServerUnderTest } from "../harness/server.ts";
import { setStage, succeed, type Person, type Stage } from "./cast.ts";

const skipped = noEngine() || missing("notary", "busybox");

describe.skipIf(skipped)("the journey, with the real clients", () => {
  let engine: TestEngine;
  let server: ServerUnderTest;
  let stage: Stage;
  let owner: Person;
  let alice: Person;
  let bob: Person;
  let image: string;
  let repository: string;
  let signedDigest = "";

  beforeAll(async () => {
    engine = await startEngine();
    server = await startServer({ engine: `unix://${engine.socketPath}` });
    stage = await setStage(server);
    repository = `${server.registryHost}/acme/web`;
    image = `${repository}:1`;
  });
  afterAll(async () => {
    await stage?.[Symbol.asyncDispose]();
    await server?.[Symbol.asyncDispose]();
    await engine?.stop();
  });

  const run = (person: Person, reference: string, ...command: readonly string[]) =>
    person.docker.run(["run", "--rm", "--network", "none", reference, ...command]);

  test("step 1: the server says where everything is", async () => {
    const status = await succeed(stage.admin(["status"]));
    expect(status).toContain(server.registryHost);
    expect(status).toContain(server.gateway);
    expect(status).toMatch(/engine +ready/);
  });

  test("step 2: two teams, each with a member who has a client bundle", async () => {
    await succeed(stage.admin(["org", "create", "acme"]));
    for (const team of ["acme/qa", "acme/security"])
      await succeed(stage.admin(["team", "create", team, "--right", "write"]));
    owner = await stage.adminPerson();
    alice = await stage.person("alice", ["acme/qa"]);
    bob = await stage.person("bob", ["acme/security"]);
    expect(await succeed(stage.admin(["team", "show", "acme/qa"]))).toMatch(/can sign +alice/);
    const context = [
      "context",
      "import",
      "cs",
      join(alice.bundle, "countersign-context-alice.zip"),
    ];
    await alice.docker.must(context);
    const version = ["--context", "cs", "version", "--format", "{{.Server.Version}}"];
    const env = { DOCKER_HOST: "", DOCKER_TLS_VERIFY: "", DOCKER_CERT_PATH: "" };
    expect(await alice.docker.must(version, { env })).toMatch(/^\d+\.\d+/);
  });

  test("step 3: run only signed images, and require both teams", async () => {
    const set = ["policy", "set", "--mode", "enforce", "--require", "acme/qa", "acme/security"];
    await succeed(stage.admin([...set, "--yes"]));
    expect(await succeed(stage.admin(["policy", "get"]))).toContain("acme/qa and acme/security");
  });

  test("step 4: an unsigned image is pushed and then refused, with all that is missing", async () => {
    await stage.image(alice.docker, image, "the first content");
    await alice.docker.must(["push", image]);
    const ran = await run(alice, image, "echo", "hello");
    expect(ran).toMatchObject({ exitCode: 125, out: "" });
    expect(ran.err).toContain(`${image} is refused`);
    expect(ran.err).toContain("not signed: its repository has no trust data yet");
    expect(ran.err).toContain("not signed by team acme/qa (could sign: alice)");
    expect(ran.err).toContain("not signed by team acme/security (could sign: bob)");
    expect(ran.err).toContain(`docker trust sign ${image}`);
    expect(ran.err).toContain(`${server.ui}/`);
    const why = await alice.countersign(["why", image]);
    expect(why.exitCode).toBe(3);
  });

  test("step 5: the repository is initialised and delegated with notary", async () => {
    const certificate = (person: Person): string => join(person.bundle, "cert.pem");
    await succeed(owner.notary(["init", "-p", repository]));
    await succeed(owner.notary(["key", "rotate", repository, "snapshot", "--server-managed"]));
    for (const [role, ...people] of [
      ["targets/releases", alice, bob],
      ["targets/qa", alice],
      ["targets/security", bob],
    ] as const)
      await succeed(
        owner.notary([
          ...["delegation", "add", "-p", repository, role, "--all-paths"],
          ...people.map(certificate),
        ]),
      );
    for (const person of [alice, bob])
      await succeed(person.notary(["key", "import", join(person.bundle, "key.pem")]));
    const list = await succeed(owner.notary(["delegation", "list", repository]));
    for (const role of ["targets/releases", "targets/qa", "targets/security"])
      expect(list).toContain(role);
  });

  test("step 6: alice signs by pushing with content trust; only security is missing", async () => {
    const pushed = await alice.docker.must(["push", image], {
      env: { DOCKER_CONTENT_TRUST: "1" },
    });
    expect(pushed).toContain(`Successfully signed ${image}`);
    signedDigest = /digest: (sha256:[0-9a-f]{64})/.exec(pushed)?.[1] ?? "";
    const ran = await run(alice, image, "echo", "hello");
    expect(ran.exitCode).toBe(125);
    expect(ran.err).toContain("not signed by team acme/security (could sign: bob)");
    expect(ran.err).not.toContain("acme/qa");
  });

  test("step 6: bob signs with docker trust; the container runs from the signed digest", async () => {
    await bob.docker.must(["trust", "sign", image]);
    expect(await run(alice, image, "cat", "/content")).toMatchObject({
      exitCode: 0,
      out: "the first content",
    });
    const why = await succeed(alice.countersign(["why", image]));
    expect(why).toContain(signedDigest);
    expect(why).toContain("alice (targets/qa)");
    expect(why).toContain("bob (targets/security)");
    const start = ["run", "-d", "--network", "none", "--name", "web", image];
    await alice.docker.must(start);
    const configured = ["inspect", "--format", "{{.Config.Image}}", "web"];
    expect((await alice.docker.must(configured)).trim()).toBe(`${repository}@${signedDigest}`);
  });

  test("step 6: docker trust inspect shows both signers", async () => {
    const shown = await alice.docker.must(["trust", "inspect", "--pretty", repository]);
    expect(shown).toMatch(/1 +[0-9a-f]{64} +.*qa.*security|1 +[0-9a-f]{64} +.*security.*qa/);
  });

  test("step 7: after the tag has moved, what runs is still the signed digest", async () => {
    await stage.image(bob.docker, image, "other content");
    await bob.docker.must(["push", image]);
    expect(await run(alice, image, "cat", "/content")).toMatchObject({
      exitCode: 0,
      out: "the first content",
    });
    const byDigest = await run(alice, `${repository}@${signedDigest}`, "cat", "/content");
    expect(byDigest).toMatchObject({ exitCode: 0, out: "the first content" });
  });

  test.each(dockerPrograms())("the same verdicts reach %s", async (program) => {
    const name = `carol${dockerPrograms().indexOf(program)}`;
    const carol = await stage.person(name, ["acme/qa"], program);
    expect(await run(carol, image, "cat", "/content")).toMatchObject({
      exitCode: 0,
      out: "the first content",
    });
    const trusting = { env: { DOCKER_CONTENT_TRUST: "1" } };
    const trusted = ["run", "--rm", "--network", "none", image, "cat", "/content"];
    expect(await carol.docker.must(trusted, trusting)).toBe("the first content");
    const unsigned = `${server.registryHost}/acme/web:unsigned`;
    await stage.image(carol.docker, unsigned, "unsigned content");
    await carol.docker.must(["push", unsigned]);
    const refused = await run(carol, unsigned, "cat", "/content");
    expect(refused.exitCode).toBe(125);
    expect(refused.err).toContain("not signed: nobody has signed tag unsigned");
  });

  test("step 8: bob leaves security: refused, and what runs is shown without approval", async () => {
    await succeed(stage.admin(["team", "remove", "acme/security", "bob"]));
    const ran = await run(alice, image, "echo", "hello");
    expect(ran.exitCode).toBe(125);
    expect(ran.err).toContain("acme/security");
    const { workloads } = await workloadsOf(server, alice);
    expect(workloads).toContainEqual(
      expect.objectContaining({ name: "web", verdict: expect.objectContaining({ kind: "deny" }) }),
    );
    await succeed(stage.admin(["team", "add", "acme/security", "bob"]));
    const after = await workloadsOf(server, alice);
    expect(after.workloads).toContainEqual(
      expect.objectContaining({ name: "web", verdict: expect.objectContaining({ kind: "admit" }) }),
    );
  });

  test("step 9: the same verdict holds for a service", async () => {
    const [port] = await freePorts(); // another engine of this machine may have a swarm too
    const addresses = ["--advertise-addr", "127.0.0.1", "--listen-addr", `127.0.0.1:${port}`];
    await owner.docker.must(["swarm", "init", ...addresses]);
    const create = (name: string, reference: string): readonly string[] => [
      ...["service", "create", "--detach", "--quiet", "--with-registry-auth"],
      ...["--network", "host", "--name", name, reference],
    ];
    const refused = await owner.docker.run(create("bad", `${repository}:unsigned`));
    expect(refused.exitCode).toBe(1);
    expect(refused.err).toContain("acme/web:unsigned");
    expect(refused.err).toContain("not signed by team acme/qa");
    await owner.docker.must(create("web", image));
    const format = "{{.Spec.TaskTemplate.ContainerSpec.Image}}";
    const stored = await owner.docker.must(["service", "inspect", "--format", format, "web"]);
    expect(stored.trim()).toBe(`${repository}@${signedDigest}`);
  });

  test("step 9: the same verdict holds for a stack", async () => {
    const stack = async (name: string, reference: string): Promise<readonly string[]> => {
      const file = join(stage.folder, `${name}.yml`);
      const lines = [
        'version: "3.8"',
        "services:",
        "  web:",
        `    image: ${reference}`,
        "    networks: [outside]",
        "networks:",
        "  outside: { external: true, name: host }",
        "",
      ];
      await writeFile(file, lines.join("\n"));
      return ["stack", "deploy", "--with-registry-auth", "-c", file, name];
    };
    const refused = await owner.docker.run(await stack("bad", `${repository}:unsigned`));
    expect(refused.exitCode).toBe(1);
    expect(refused.err).toContain("acme/web:unsigned");
    expect(refused.err).toContain("not signed by team acme/qa");
    await owner.docker.must(await stack("good", image));
    const format = "{{.Spec.TaskTemplate.ContainerSpec.Image}}";
    const stored = await owner.docker.must(["service", "inspect", "--format", format, "good_web"]);
    expect(stored.trim()).toBe(`${repository}@${signedDigest}`);
  });

  test("docker trust takes a signature back, and adds a signer", async () => {
    const other = `${repository}:2`;
    await stage.image(alice.docker, other, "second");
    await alice.docker.must(["push", other], { env: { DOCKER_CONTENT_TRUST: "1" } });
    await alice.docker.must(["rmi", other]); // whoever signs what is released does not need the image
    await bob.docker.must(["trust", "sign", other]);
    expect((await alice.countersign(["why", other])).exitCode).toBe(0);
    await bob.docker.must(["trust", "revoke", "--yes", other]);
    const why = await alice.countersign(["why", other]);
    expect(why.exitCode).toBe(3);

    const fresh = `${server.registryHost}/acme/fresh`;
    const key = join(alice.bundle, "cert.pem");
    await owner.docker.must(["trust", "signer", "add", "--key", key, "alice", fresh]);
    const shown = await owner.docker.must(["trust", "inspect", "--pretty", fresh]);
    expect(shown).toContain("alice");
  });

  test("a repository set up with docker trust alone is signed and runs", async () => {
    const image = `${server.registryHost}/acme/modern:1`;
    const repository = `${server.registryHost}/acme/modern`;
    const dave = await stage.person("dave", ["acme/qa", "acme/security"]);
    const signer = ["trust", "signer", "add", "--key", join(dave.bundle, "cert.pem"), "dave"];
    await owner.docker.must([...signer, repository]);
    const load = ["trust", "key", "load", "--name", "dave", join(dave.bundle, "key.pem")];
    await dave.docker.must(load);
    await stage.image(dave.docker, image, "modern");
    await dave.docker.must(["trust", "sign", image]);
    expect(await run(dave, image, "cat", "/content")).toMatchObject({ exitCode: 0, out: "modern" });
  });
});

type Shown = {
  readonly workloads: readonly { readonly name: string; readonly verdict: unknown }[];
};

/** The page of running workloads, as the web UI asks for it. */
async function workloadsOf(server: ServerUnderTest, person: Person): Promise<Shown> {
  const post = ["-sS", "--fail-with-body", "--cacert", server.caFile];
  const body = JSON.stringify({
    username: person.name,
    password: person.password,
    transport: "bearer",
  });
  const session = await runPeer(
    "curl",
    [
      ...post,
      ...["-H", "content-type: application/json", "-d", "@-", `${server.ui}/api/v1/session`],
    ],
    { input: body },
  );
  const { token } = JSON.parse(session.out) as { token: string };
  const header = `authorization: Bearer ${token}`;
  const asked = await runPeer("curl", [...post, "-H", header, `${server.ui}/api/v1/workloads`]);
  return JSON.parse(asked.out) as Shown;
}
