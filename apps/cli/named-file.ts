import { readFile } from "node:fs/promises";
import { CliError } from "./errors.ts";

/** The text of a file that the user named; `what` it is, in words. Throws `cli/file-unreadable`. */
export async function readNamedFile(
  file: string,
  what: string,
  hint = "check the path, and that you may read it",
): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    throw new CliError("cli/file-unreadable", `${what} ${file} cannot be read`, hint, { cause });
  }
}

/** What a file of one secret says: its first line, without what ends it. */
export const firstLine = (text: string): string => text.split(/\r?\n/, 1)[0] ?? "";
