import { mkdir, readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { writeFileAtomically } from "#adapters/io";
import type { Options } from "#domain/kernel";
import { mirrorFiles, type ArchivedRepository } from "#services/archive";
import { CliError } from "../errors.ts";

/** Writes repositories as a folder that any server of plain files can serve. Throws `cli/file-in-the-way`. */
export async function writeMirror(
  directory: string,
  repositories: readonly ArchivedRepository[],
  o: Options,
): Promise<void> {
  await mkdir(directory, { recursive: true });
  if ((await readdir(directory)).length > 0)
    throw new CliError(
      "cli/file-in-the-way",
      `${directory} is not empty`,
      "name another directory with --mirror",
    );
  await mkdir(join(directory, "v2"));
  // Clients ask for `/v2/` first, and take any 200 for a server that is there.
  await writeFileAtomically(join(directory, "v2/index.html"), "{}\n", o);
  for (const repository of repositories)
    for (const [name, bytes] of mirrorFiles(repository)) {
      const path = join(directory, name);
      await mkdir(dirname(path), { recursive: true });
      await writeFileAtomically(path, bytes, o);
    }
}
