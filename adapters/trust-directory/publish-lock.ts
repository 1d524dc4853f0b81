import type { Stats } from "node:fs";
import { lstat, mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Options } from "#domain/kernel";
import type { Gun } from "#domain/oci";
import { SignerError } from "#services/signer";
import { gunFolder } from "./gun-folder.ts";

const retryMs = 50;
export const lockFile = "publish.lock";

/**
 * Keeps other clients of ours from publishing the same repository from the same directory until it is disposed
 * of. It is the operating system's lock (SQLite takes it for us, on a database that stays empty): it ends with the
 * process, so that none is ever stale. The Go client knows nothing of it. Throws `signer/directory-busy`.
 */
export async function publishLock(
  top: string,
  gun: Gun,
  waitMs: number,
  o: Options,
): Promise<AsyncDisposable> {
  const path = join(top, gunFolder(gun), lockFile);
  const { DatabaseSync } = await import("node:sqlite");
  const tryLock = (): AsyncDisposable | undefined => {
    const database = new DatabaseSync(path, { timeout: 0 });
    try {
      database.exec("BEGIN EXCLUSIVE");
    } catch (error) {
      database.close();
      if (isBusy(error)) return undefined;
      throw error;
    }
    return {
      [Symbol.asyncDispose]: () => {
        database.close();
        return Promise.resolve();
      },
    };
  };
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    // Through a link we would make a file, or lock a database, that is somebody else's.
    if ((await statOf(path))?.isFile() === false)
      throw new SignerError("signer/directory-broken", `${lockFile} is not a file`);
    for (let waitedMs = 0; ; waitedMs += retryMs) {
      const lock = tryLock();
      if (lock !== undefined) return lock;
      if (waitedMs >= waitMs) break;
      await delay(retryMs, undefined, o);
    }
  } catch (cause) {
    o.signal.throwIfAborted();
    if (cause instanceof SignerError) throw cause;
    throw new SignerError("signer/directory-broken", `${lockFile} cannot be made`, { cause });
  }
  throw new SignerError(
    "signer/directory-busy",
    "another program is publishing from this trust directory",
  );
}

async function statOf(path: string): Promise<Stats | undefined> {
  try {
    return await lstat(path);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}

function isBusy(error: unknown): boolean {
  const busy = 5;
  return error instanceof Error && "errcode" in error && error.errcode === busy;
}
