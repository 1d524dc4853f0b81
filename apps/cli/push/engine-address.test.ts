import { createHash } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { World } from "../world.ts";
import { engineAddress } from "./engine-address.ts";

let home = "";
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "countersign-contexts-"));
  await write(".docker/config.json", JSON.stringify({ currentContext: "work", auths: {} }));
  await context("work", { Host: "tcp://engine.lab:2376", SkipTLSVerify: false });
  await context("socket", { Host: "unix:///run/other.sock" });
  await context("far", { Host: "ssh://engine.lab" });
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

const find = (env: Record<string, string>) =>
  engineAddress({ env, homeDirectory: home, workingDirectory: home } as unknown as World);
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

test("an engine that cannot be asked from here is wrong usage", async () => {
  for (const env of [
    { DOCKER_HOST: "ssh://engine.lab" },
    { DOCKER_HOST: "engine.lab" },
    { DOCKER_CONTEXT: "far" },
    { DOCKER_CONTEXT: "unheard-of" },
    { DOCKER_CONTEXT: "../../etc" },
  ])
    await expect(find(env)).rejects.toMatchObject({ code: "cli/usage" });
});
