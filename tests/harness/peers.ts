import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** The full path of a program that tests talk to, or undefined where it is not installed. */
export function findPeer(name: string): string | undefined {
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin", "/sbin"];
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

/**
 * Whether tests that need these programs must be skipped: `describe.skipIf(missing("notary"))`.
 * On CI nothing is skipped silently: a missing program fails the file.
 */
export function missing(...names: readonly string[]): boolean {
  const absent = names.filter((name) => findPeer(name) === undefined);
  if (absent.length > 0 && process.env["CI"])
    throw new Error(`on CI these must be installed: ${absent.join(", ")}`);
  return absent.length > 0;
}

/** Whether tests that start an engine must be skipped: it takes root as well. */
export function noEngine(): boolean {
  const isRoot = process.getuid?.() === 0;
  if (!isRoot && process.env["CI"]) throw new Error("on CI the tests run as root");
  return !isRoot || missing("dockerd", "docker");
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false; // not there, or not for us
  }
}
