import { access, constants, readdir, stat } from "node:fs/promises";
import { join } from "node:path";

/** Something about the files of private keys that their owner should know. */
export type FileFault = {
  /** Below the trust directory. */
  readonly file: string;
  readonly fault: "open-to-others" | "unreadable" | "no-key";
};

const othersMask = 0o077;

/**
 * Looks at the folder of private keys: may others read it, can its owner? Is each file one of the keys that are
 * `held`, by their ids? A folder that is not there has no faults.
 */
export async function keyFileFaults(
  path: string,
  held: ReadonlySet<string>,
): Promise<readonly FileFault[]> {
  const folder = join(path, "private");
  const faults: FileFault[] = [];
  try {
    if (isOpen((await stat(folder)).mode))
      faults.push({ file: "private", fault: "open-to-others" });
  } catch {
    return [];
  }
  for (const name of await namesIn(folder)) {
    const file = `private/${name}`;
    try {
      const { mode } = await stat(join(folder, name));
      await access(join(folder, name), constants.R_OK);
      if (!held.has(name.replace(/\.key$/, ""))) faults.push({ file, fault: "no-key" });
      // A folder that only its owner may enter covers what is in it.
      if (isOpen(mode) && faults.some((each) => each.file === "private"))
        faults.push({ file, fault: "open-to-others" });
    } catch {
      faults.push({ file, fault: "unreadable" });
    }
  }
  return faults;
}

const isOpen = (mode: number): boolean => process.platform !== "win32" && (mode & othersMask) !== 0;

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return (await readdir(folder)).filter((name) => name.endsWith(".key")).sort();
  } catch {
    return []; // the folder itself is told of
  }
}
