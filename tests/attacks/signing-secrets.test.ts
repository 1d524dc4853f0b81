import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { dockerCredentials } from "#adapters/remotes";

const o = { signal: AbortSignal.timeout(60_000) };
let folder: string;
let before: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "countersign-secrets-"));
  before = process.cwd();
});
afterEach(async () => {
  process.chdir(before);
  await rm(folder, { recursive: true, force: true });
});

/** A program that keeps credentials, and notes what it was given. */
async function planted(path: string): Promise<string> {
  const noted = join(folder, "noted");
  const answer = `{"ServerURL":"x","Username":"alice","Secret":"s3cret"}`;
  const script = `#!/bin/sh\n/usr/bin/env > ${noted}\necho '${answer}'\n`;
  await writeFile(join(folder, "docker-credential-evil"), script, { mode: 0o755 });
  await writeFile(join(folder, "config.json"), `{"credsStore":"evil"}`);
  const env = {
    PATH: path,
    HOME: folder,
    COUNTERSIGN_PASSPHRASE: "p1",
    NOTARY_ROOT_PASSPHRASE: "p2",
    NOTARY_AUTH: "p3",
    DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE: "p4",
    AWS_PROFILE: "kept",
  };
  await dockerCredentials("registry.test", { directory: folder, env }, o);
  return await readFile(noted, "utf8");
}

test.for(["", ".", ":/usr/bin:/bin", "/usr/bin:", "./", "bin/..:/usr/bin"])(
  "a program in the working directory is not run for its name: PATH=%s",
  async (path) => {
    process.chdir(folder);
    await expect(planted(path)).rejects.toMatchObject({ code: "remotes/credentials-broken" });
    await expect(readFile(join(folder, "noted"))).rejects.toThrow("ENOENT");
  },
);

test("a program that keeps credentials is told no passphrase of ours", async () => {
  const noted = await planted(`/usr/bin:${folder}`);
  expect(noted).toContain("AWS_PROFILE=kept");
  expect(noted).not.toMatch(/PASSPHRASE|NOTARY|=p[0-9]/);
});
