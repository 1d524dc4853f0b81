import { createHash } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findEngine, type DockerSettings } from "#adapters/docker";

let home = "";
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "countersign-contexts-"));
  await write(".docker/config.json", JSON.stringify({ currentContext: "work", auths: {} }));
  await context("work", { Host: "tcp://engine.lab:2376", SkipTLSVerify: false });
  await context("socket", { Host: "unix:///run/other.sock" });
  await context("far", { Host: "ssh://engine.lab" });
  await write(`.docker/contexts/meta/${idOf("empty")}/meta.json`, "{}");
  for (const name of ["ca", "cert", "key"]) {
    await write(`.docker/contexts/tls/${idOf("work")}/docker/${name}.pem`, `${name} of work`);
    await write(`bundle/${name}.pem`, `${name} of a bundle`);
  }
});
afterAll(() => rm(home, { recursive: true }));

const idOf = (name: string): string => createHash("sha256").update(name).digest("hex");
async function write(path: string, text: string): Promise<void> {
  await mkdir(join(home, path, ".."), { recursive: true });
  await writeFile(join(home, path), text);
}
const context = (Name: string, docker: object) =>
  write(
    `.docker/contexts/meta/${idOf(Name)}/meta.json`,
    JSON.stringify({ Name, Metadata: {}, Endpoints: { docker } }),
  );

const find = async (env: Record<string, string>, flags: DockerSettings["flags"] = {}) => {
  const configDirectory = env["DOCKER_CONFIG"] ?? join(home, ".docker");
  return (await findEngine({ env, configDirectory, flags })).address;
};
const pem = (of: string) => ({ ca: `ca ${of}`, certificate: `cert ${of}`, key: `key ${of}` });

test("the engine is the one that docker would ask", async () => {
  const work = {
    host: "engine.lab",
    port: 2376,
    tls: { skipVerification: false, ...pem("of work") },
  };
  const usual = { socketPath: "/var/run/docker.sock" };
  expect(await find({})).toEqual(work);
  expect(await find({ DOCKER_CONTEXT: "default" })).toEqual(usual);
  expect(await find({ DOCKER_CONFIG: join(home, "nothing") })).toEqual(usual);
  expect(await find({ DOCKER_CONTEXT: "socket" })).toEqual({ socketPath: "/run/other.sock" });
  expect(await find({ DOCKER_HOST: "unix:///a.sock", DOCKER_CONTEXT: "work" })).toEqual({
    socketPath: "/a.sock",
  });
  expect(await find({ DOCKER_HOST: "tcp://10.0.0.1" })).toEqual({ host: "10.0.0.1", port: 2375 });
  expect(await find({ DOCKER_HOST: "tcp://[::1]:99" })).toEqual({ host: "::1", port: 99 });
});

test("with TLS it is asked with the certificates of the bundle", async () => {
  const bundle = { DOCKER_HOST: "tcp://localhost:8444", DOCKER_CERT_PATH: join(home, "bundle") };
  const at = { host: "localhost", port: 8444 };
  const tls = pem("of a bundle");
  expect(await find({ ...bundle, DOCKER_TLS_VERIFY: "1" })).toEqual({
    ...at,
    tls: { ...tls, skipVerification: false },
  });
  expect(await find({ ...bundle, DOCKER_TLS: "1" })).toEqual({
    ...at,
    tls: { ...tls, skipVerification: true },
  });
  expect(await find(bundle)).toEqual(at);
});

test("docker's flags stand above its variables", async () => {
  const env = { DOCKER_HOST: "unix:///variable.sock", DOCKER_CONTEXT: "work" };
  const host = "tcp://flag.lab";
  expect(await find(env, { host: "unix:///flag.sock" })).toEqual({ socketPath: "/flag.sock" });
  expect(await find(env, { context: "socket" })).toEqual({ socketPath: "/run/other.sock" });
  expect(await find(env, { context: "default" })).toEqual({ socketPath: "/var/run/docker.sock" });
  const files = { tlsVerify: true, ca: join(home, "bundle/ca.pem") };
  expect(await find(env, { host, ...files })).toEqual({
    ...{ host: "flag.lab", port: 2376 },
    tls: { skipVerification: false, ca: "ca of a bundle" },
  });
  expect(await find(env, { host, tls: true })).toMatchObject({ tls: { skipVerification: true } });
});

test.for([
  [{ DOCKER_HOST: "ssh://engine.lab" }, "docker/address-unusable"],
  [{ DOCKER_HOST: "engine.lab" }, "docker/address-unusable"],
  [{ DOCKER_HOST: "tcp://" }, "docker/address-unusable"],
  [{ DOCKER_CONTEXT: "far" }, "docker/address-unusable"],
  [{ DOCKER_CONTEXT: "empty" }, "docker/context-unknown"],
  [{ DOCKER_CONTEXT: "unheard-of" }, "docker/context-unknown"],
  [{ DOCKER_CONTEXT: "../../etc" }, "docker/context-unknown"],
  [
    { DOCKER_HOST: "tcp://a", DOCKER_TLS: "1", DOCKER_CERT_PATH: "folders" },
    "docker/file-unreadable",
  ],
] as const)("%o names no engine that can be asked", async ([env, code]) => {
  const folders = join(home, "folders");
  await mkdir(join(folders, "ca.pem"), { recursive: true });
  const at = "DOCKER_CERT_PATH" in env ? { ...env, DOCKER_CERT_PATH: folders } : env;
  await expect(find(at)).rejects.toMatchObject({ code });
});
