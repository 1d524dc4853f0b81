import { createHash } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parseFlags } from "#apps/drop-in";
import { memoryTrustDirectory } from "#adapters/trust-directory";
import { globalFlags } from "./commands.ts";
import { engineOf } from "./engine-address.ts";
import type { Session } from "./session.ts";

let folder = "";
const o = { signal: new AbortController().signal };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "countersign-contexts-"));
  await writeFile(join(folder, "config.json"), '{"currentContext":"lab"}');
  await context("lab", { Endpoints: { docker: { Host: "unix:///lab.sock" } } });
  await context("far", { Endpoints: { docker: { Host: "tcp://far.test:9" } } }, ["ca.pem"]);
  await context("shell", { Endpoints: { docker: { Host: "ssh://far.test" } } });
  await context("empty", {});
});
afterAll(async () => await rm(folder, { recursive: true, force: true }));

async function context(name: string, meta: unknown, tls: readonly string[] = []): Promise<void> {
  const id = createHash("sha256").update(name).digest("hex");
  await mkdir(join(folder, "contexts/meta", id), { recursive: true });
  await writeFile(join(folder, "contexts/meta", id, "meta.json"), JSON.stringify(meta));
  await mkdir(join(folder, "contexts/tls", id, "docker"), { recursive: true });
  for (const file of tls) await writeFile(join(folder, "contexts/tls", id, "docker", file), file);
}

async function found(words: string, env: Readonly<Record<string, string>> = {}) {
  const input = {
    isTerminal: false,
    line: () => Promise.resolve(undefined),
    secret: () => Promise.resolve(undefined),
    all: () => Promise.resolve(new Uint8Array()),
    close: () => undefined,
  };
  const session: Session = {
    ...o,
    world: {
      env,
      workingDirectory: folder,
      homeDirectory: folder,
      clock: () => 0,
      out: () => undefined,
      err: () => undefined,
      input,
    },
    globals: parseFlags(words === "" ? [] : words.split(" "), globalFlags).flags,
    configDirectory: folder,
    directory: await memoryTrustDirectory({ clock: () => 0 }, o),
  };
  return (await engineOf(session)).address;
}

test("the engine is the flag's, else the variable's, else the context's", async () => {
  const env = { DOCKER_HOST: "unix:///variable.sock" };
  expect(await found("-H unix:///flag.sock", env)).toEqual({ socketPath: "/flag.sock" });
  expect(await found("", env)).toEqual({ socketPath: "/variable.sock" });
  expect(await found("")).toEqual({ socketPath: "/lab.sock" });
  expect(await found("-c lab", env)).toEqual({ socketPath: "/lab.sock" });
  expect(await found("", { DOCKER_CONTEXT: "default" })).toEqual({
    socketPath: "/var/run/docker.sock",
  });
});

test("an engine behind a port is asked with the TLS files of its context or of the variables", async () => {
  const tls = { ca: "ca.pem", skipVerification: false };
  expect(await found("-c far")).toEqual({ host: "far.test", port: 9, tls });
  expect(await found("-H tcp://[::1]")).toEqual({ host: "::1", port: 2_375 });
  const env = { DOCKER_HOST: "tcp://a.test", DOCKER_TLS_VERIFY: "1" };
  expect(await found("", env)).toEqual({
    ...{ host: "a.test", port: 2_376 },
    tls: { skipVerification: false },
  });
});

test.for(["-c shell", "-c empty", "-c unknown", "-H ssh://x", "-H nonsense", "-H tcp://"])(
  "%s names no engine that can be asked",
  async (words) => {
    await expect(found(words)).rejects.toMatchObject({ code: "docker-trust/failed" });
  },
);
