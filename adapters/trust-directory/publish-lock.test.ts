import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { parseGun } from "#domain/oci";
import { openTrustDirectory, type TrustDirectory } from "./index.ts";

const o = { signal: new AbortController().signal };
const { gun } = parseGun("registry.test/acme/web");
const { gun: other } = parseGun("registry.test/acme/other");
const busy = { code: "signer/directory-busy" };
const program = resolve(import.meta.dirname, "testing/lock-and-hang.ts");
const nobody = {
  existing: () => Promise.resolve(undefined),
  fresh: () => Promise.resolve(undefined),
};

async function folder(): Promise<
  AsyncDisposable & { readonly path: string; readonly open: () => TrustDirectory }
> {
  const path = await mkdtemp(join(tmpdir(), "countersign-lock-"));
  return {
    path,
    open: () => openTrustDirectory(path, { passphrases: nobody, clock: Date.now }),
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
  };
}

test("one client at a time publishes a repository; others of the directory go on", async () => {
  await using it = await folder();
  const [ours, theirs] = [it.open(), it.open()];
  {
    await using _held = await ours.lock(gun, o);
    await expect(theirs.lock(gun, { ...o, waitMs: 0 })).rejects.toMatchObject(busy);
    await using _other = await theirs.lock(other, { ...o, waitMs: 0 });
  }
  await using _again = await theirs.lock(gun, { ...o, waitMs: 0 });
});

test("who waits gets it when it is free, and may give up", async () => {
  await using it = await folder();
  const held = await it.open().lock(gun, o);
  const impatient = it.open().lock(gun, { signal: AbortSignal.timeout(60) });
  await expect(impatient).rejects.toMatchObject({ name: expect.stringMatching(/Error/) as string });
  const waiting = it.open().lock(gun, { ...o, waitMs: 20_000 });
  await held[Symbol.asyncDispose]();
  await using _mine = await waiting;
});

test("a program that was killed leaves no lock behind", async () => {
  await using it = await folder();
  const child = spawn(process.execPath, ["--conditions=source", program, it.path, gun], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const gone = once(child, "close");
  try {
    const locked = await Promise.race([once(child.stdout, "data"), gone]);
    expect(String(locked[0])).toBe("locked\n");
    await expect(it.open().lock(gun, { ...o, waitMs: 0 })).rejects.toMatchObject(busy);
  } finally {
    child.kill("SIGKILL");
    await gone;
  }
  await using _mine = await it.open().lock(gun, { ...o, waitMs: 0 });
});

test("a folder that cannot be made is told", async () => {
  await using it = await folder();
  await writeFile(join(it.path, "tuf"), "in the way");
  await expect(it.open().lock(gun, o)).rejects.toMatchObject({ code: "signer/directory-broken" });
});
