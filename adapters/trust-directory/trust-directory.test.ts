import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileCacheSuite, trustMemorySuite } from "#services/reader/testing";
import { keyStoreSuite, localRepositorySuite } from "#services/signer/testing";
import type { Passphrases } from "#services/signer";
import { memoryTrustDirectory, openTrustDirectory, type TrustDirectory } from "./index.ts";

const passphrases: Passphrases = {
  existing: () => Promise.resolve("a test passphrase"),
  fresh: () => Promise.resolve("a test passphrase"),
};
const clock = (): number => 1_780_000_000_000;

type Opened = AsyncDisposable & {
  readonly directory: TrustDirectory;
  readonly again: () => TrustDirectory;
};

async function onDisk(): Promise<Opened> {
  const path = await mkdtemp(join(tmpdir(), "countersign-trust-"));
  const again = (): TrustDirectory => openTrustDirectory(path, { passphrases, clock });
  return {
    directory: again(),
    again,
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
  };
}

async function inMemory(): Promise<Opened> {
  const directory = await memoryTrustDirectory({ clock }, { signal: new AbortController().signal });
  return { directory, again: () => directory, [Symbol.asyncDispose]: () => Promise.resolve() };
}

for (const [where, open] of [
  ["on disk", onDisk],
  ["in memory", inMemory],
] as const) {
  keyStoreSuite(`the keys of a trust directory ${where}`, async () => {
    const opened = await open();
    return {
      ...opened,
      keys: opened.directory.keys,
      again: () => Promise.resolve(opened.again().keys),
      [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose](),
    };
  });
  localRepositorySuite(`the repositories of a trust directory ${where}`, async () => {
    const opened = await open();
    return {
      local: opened.directory.local,
      again: () => Promise.resolve(opened.again().local),
      [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose](),
    };
  });
  trustMemorySuite(`the memory of a trust directory ${where}`, async () => {
    const opened = await open();
    return {
      memory: opened.directory.memory,
      [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose](),
    };
  });
  fileCacheSuite(`the cache of a trust directory ${where}`, async () => {
    const opened = await open();
    return {
      cache: opened.directory.cache,
      [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose](),
    };
  });
}
