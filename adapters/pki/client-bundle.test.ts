import { execFile } from "node:child_process";
import { once } from "node:events";
import { access, mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { unzipSync } from "fflate";
import { expect, onTestFinished, test } from "vitest";
import { publicKeyFromPem } from "#domain/tuf";
import type { ClientBundle } from "#services/accounts";
import { accountsWorld } from "#services/accounts/testing";
import { pemKeyReader } from "./key-reader.ts";
import { openPki, type Pki } from "./pki.ts";

const run = promisify(execFile);
const o = { signal: new AbortController().signal };
const dockers = ["/usr/local/bin/docker", "/usr/bin/docker"] as const;
const notary = "/usr/bin/notary";

type World = {
  readonly folder: string;
  /** What the bundle says that `DOCKER_HOST` is: something that listens. */
  readonly gateway: string;
  readonly made: ClientBundle;
};

async function world(): Promise<World> {
  const folder = await mkdtemp(join(tmpdir(), "countersign bundle-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const now = Date.now();
  const pki = await openPki(join(folder, "pki"), { clock: () => now }, o);
  const gateway = `tcp://localhost:${await engine(pki)}`;
  const { accounts, person } = accountsWorld({
    keyReader: pemKeyReader,
    issuer: pki,
    caPem: pki.caPem,
    gateway,
    now,
  });
  return { folder, gateway, made: await accounts.createBundle(await person("alice"), "", o) };
}

/** The bundle as a person has it: unpacked by the system's own tool. */
async function unpacked({ folder, made }: World): Promise<string> {
  const zip = join(folder, made.bundle.fileName);
  await writeFile(zip, made.bundle.bytes);
  const directory = join(folder, "bundle");
  await run("unzip", ["-q", zip, "-d", directory]);
  return directory;
}

const has = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/** Enough of an engine behind mutual TLS for `docker version`; it answers who called. */
async function engine(pki: Pki): Promise<number> {
  const { certificate, key } = await pki.serverIdentity(["localhost", "127.0.0.1"], o);
  const server = createServer(
    { cert: certificate, key, ca: pki.clientCaPem, requestCert: true },
    (request, response) => {
      const peer = request.socket as { getPeerX509Certificate?(): { subject: string } | undefined };
      const caller = peer.getPeerX509Certificate?.()?.subject ?? "nobody";
      response.setHeader("api-version", "1.41");
      response.setHeader("content-type", "application/json");
      const version = { Version: caller, ApiVersion: "1.41", MinAPIVersion: "1.12", Os: "linux" };
      response.end(request.url?.endsWith("/version") === true ? JSON.stringify(version) : "OK");
    },
  );
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return (server.address() as AddressInfo).port;
}

test("the two archives hold what they should, and nothing else", async () => {
  const { made } = await world();
  expect(Object.keys(unzipSync(made.bundle.bytes))).toEqual([
    ...["ca.pem", "cert.pem", "key.pem", "cert.pub"],
    ...["env.sh", "env.ps1", "env.cmd"],
  ]);
  expect(Object.keys(unzipSync(made.context.bytes))).toEqual([
    ...["meta.json", "tls/docker/ca.pem", "tls/docker/cert.pem", "tls/docker/key.pem"],
  ]);
  expect(made.bundle.fileName).toBe("countersign-bundle-alice.zip");
});

test("unpacked, the private key is the owner's alone", async () => {
  const directory = await unpacked(await world());
  expect((await stat(join(directory, "key.pem"))).mode & 0o777).toBe(0o600);
  expect((await stat(join(directory, "cert.pem"))).mode & 0o777).toBe(0o644);
});

test("certificate and public key are of the key that the account now owns", async () => {
  const { made } = await world();
  const files = unzipSync(made.bundle.bytes);
  for (const name of ["cert.pem", "cert.pub"])
    expect(pemKeyReader.read(new TextDecoder().decode(files[name])).fingerprint).toBe(
      made.key.fingerprint,
    );
});

test.for([
  ["bash", "sourced from elsewhere", `cd / && . "$BUNDLE/env.sh"`],
  ["bash", "given to eval in its directory", `cd "$BUNDLE" && eval "$(<env.sh)"`],
  ["bash", "sourced in its directory", `cd "$BUNDLE" && . ./env.sh`],
  ["bash", "sourced with CDPATH set", `CDPATH=/:/tmp && cd "$BUNDLE/.." && . bundle/env.sh`],
  ["bash", "with unset names an error", `set -eu; cd / && . "$BUNDLE/env.sh"`],
  ["dash", "given to eval in its directory", `cd "$BUNDLE" && eval "$(cat env.sh)"`],
  ["dash", "with unset names an error", `set -eu; cd "$BUNDLE" && . ./env.sh`],
] as const)("env.sh works in %s, %s", async ([shell, , script]) => {
  const given = await world();
  const directory = await unpacked(given);
  const show = `printf '%s\\n' "$DOCKER_HOST" "$DOCKER_CERT_PATH" "$DOCKER_TLS_VERIFY" "$COMPOSE_TLS_VERSION"`;
  const { stdout, stderr } = await run(shell, ["-c", `${script} && ${show}`], {
    env: { HOME: given.folder, PATH: "/usr/bin:/bin", BUNDLE: directory },
  });
  expect(stderr).toBe("");
  expect(stdout.split("\n")).toEqual([given.gateway, directory, "1", "TLSv1_2", ""]);
});

test("env.sh in a script that is itself somewhere else takes the bundle's directory", async () => {
  const given = await world();
  const directory = await unpacked(given);
  const script = join(given.folder, "deploy.sh");
  await writeFile(script, `cd "$BUNDLE"\neval "$(<env.sh)"\nprintf %s "$DOCKER_CERT_PATH"\n`);
  const { stdout } = await run("bash", [script], {
    env: { HOME: given.folder, PATH: "/usr/bin:/bin", BUNDLE: directory },
  });
  expect(stdout).toBe(directory);
});

test("the scripts for Windows have its line ends and name the gateway", async () => {
  const given = await world();
  const directory = await unpacked(given);
  for (const name of ["env.ps1", "env.cmd"]) {
    const text = await readFile(join(directory, name), "utf8");
    expect(text).toContain(given.gateway);
    expect(text.replaceAll("\r\n", "")).not.toContain("\n");
  }
});

test.for(dockers)("%s imports the context and signs in with it", async (docker, { skip }) => {
  if (!(await has(docker))) skip("this client is not installed");
  const given = await world();
  const env = { HOME: given.folder, DOCKER_CONFIG: join(given.folder, "docker"), PATH: "/usr/bin" };
  const zip = join(given.folder, given.made.context.fileName);
  await writeFile(zip, given.made.context.bytes);
  await run(docker, ["context", "import", "lab", zip], { env });
  const inspect = await run(docker, ["context", "inspect", "lab"], { env });
  expect(JSON.parse(inspect.stdout)).toMatchObject([
    {
      Endpoints: { docker: { Host: given.gateway, SkipTLSVerify: false } },
      TLSMaterial: { docker: ["ca.pem", "cert.pem", "key.pem"] },
    },
  ]);
  const version = ["--context", "lab", "version", "--format", "{{.Server.Version}}"];
  expect((await run(docker, version, { env })).stdout.trim()).toBe("CN=alice");
});

test.for(dockers)("%s signs in with the unpacked bundle", async (docker, { skip }) => {
  if (!(await has(docker))) skip("this client is not installed");
  const given = await world();
  const directory = await unpacked(given);
  const script = `. "$BUNDLE/env.sh" && exec ${docker} version --format '{{.Server.Version}}'`;
  const { stdout } = await run("bash", ["-c", script], {
    env: { HOME: given.folder, PATH: "/usr/bin:/bin", BUNDLE: directory },
  });
  expect(stdout.trim()).toBe("CN=alice");
});

test("notary imports the key, under the id that the certificate has", async ({ skip }) => {
  if (!(await has(notary))) skip("this client is not installed");
  const directory = await unpacked(await world());
  const env = {
    HOME: directory,
    PATH: "/usr/bin:/bin",
    NOTARY_DELEGATION_PASSPHRASE: "a passphrase",
  };
  const trust = join(directory, "trust");
  await run(notary, ["-d", trust, "key", "import", join(directory, "key.pem")], { env });
  const { stdout } = await run(notary, ["-d", trust, "key", "list"], { env });
  const certificate = await readFile(join(directory, "cert.pem"), "utf8");
  expect(stdout).toContain(publicKeyFromPem(certificate).material.canonicalId);
});

test.for(["cert.pem", "cert.pub"])("notary takes %s for a delegation", async (file, { skip }) => {
  if (!(await has(notary))) skip("this client is not installed");
  const directory = await unpacked(await world());
  const more = ["localhost:8443/acme/web", "targets/qa", join(directory, file), "--all-paths"];
  const { stdout } = await run(
    notary,
    ["-d", join(directory, "trust"), "delegation", "add", ...more],
    { env: { HOME: directory, PATH: "/usr/bin:/bin" } },
  );
  expect(stdout).toMatch(/Addition of delegation role targets\/qa with keys \[[0-9a-f]{64}\]/);
});

test.for(dockers)("%s loads the key for signing", async (docker, { skip }) => {
  if (!(await has(docker))) skip("this client is not installed");
  const directory = await unpacked(await world());
  await mkdir(join(directory, "docker"));
  const { stdout } = await run(
    docker,
    ["trust", "key", "load", join(directory, "key.pem"), "--name", "alice"],
    {
      env: {
        HOME: directory,
        DOCKER_CONFIG: join(directory, "docker"),
        PATH: "/usr/bin:/bin",
        DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE: "a passphrase",
      },
    },
  );
  expect(stdout).toContain("Successfully imported key from");
});
