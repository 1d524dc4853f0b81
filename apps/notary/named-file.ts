import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { codeOf, saying, type World } from "#apps/drop-in";
import { failure } from "./errors.ts";

/** Reads a file that the user named. Throws `notary/failed`; `before` begins the message. */
export async function readNamed(world: World, path: string, before = ""): Promise<Buffer> {
  try {
    return await readFile(resolve(world.workingDirectory, path));
  } catch (error) {
    const code = codeOf(error);
    if (code === "EISDIR") throw failure(`${before}read ${path}: is a directory`, error);
    throw failure(`${before}${saying(error, path)}`, error);
  }
}
