import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { writeFileAtomically } from "#adapters/io";
import type { Options } from "#domain/kernel";
import { parseGun, type Gun } from "#domain/oci";
import {
  ArchiveError,
  decodeArchive,
  encodeArchive,
  type ArchivedRepository,
} from "#services/archive";
import { CliError } from "../errors.ts";

export type OpenArchive = {
  readonly repositories: ReadonlyMap<Gun, ArchivedRepository>;
  /** Of the whole file, in hex: what to note elsewhere. */
  readonly sha256: string;
  readonly bytes: number;
};

/** Opens an archive. Throws `cli/file-unreadable`, or an `ArchiveError` for a file that is not as it was written. */
export async function openArchive(file: string): Promise<OpenArchive> {
  const found = await openIfThere(file);
  if (found !== undefined) return found;
  throw new CliError("cli/file-unreadable", `there is no archive ${file}`, "check the path");
}

export async function openIfThere(file: string): Promise<OpenArchive | undefined> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(file);
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return undefined;
    throw new CliError(
      "cli/file-unreadable",
      `the archive ${file} cannot be read`,
      "check the path, and that you may read it",
      { cause },
    );
  }
  return { repositories: decodeArchive(bytes), ...described(bytes) };
}

/** Puts an archive in the place of an older one, whole and on disk. */
export async function saveArchive(
  file: string,
  repositories: readonly ArchivedRepository[],
  o: Options,
): Promise<Omit<OpenArchive, "repositories">> {
  const bytes = encodeArchive(repositories);
  try {
    await writeFileAtomically(file, bytes, o);
  } catch (cause) {
    o.signal.throwIfAborted();
    throw new CliError(
      "cli/file-unwritable",
      `the archive ${file} cannot be written`,
      "check the folder, and that the disk is not full; an archive that was there is as it was",
      { cause },
    );
  }
  return described(bytes);
}

/** The repositories that were named, or all. Throws `archive/repository-unknown`. */
export function chosen(
  { repositories }: OpenArchive,
  names: readonly string[],
): readonly ArchivedRepository[] {
  if (names.length === 0) return [...repositories.values()];
  return names.map((name) => {
    const repository = repositories.get(parseName(name));
    if (repository !== undefined) return repository;
    throw new ArchiveError("archive/repository-unknown", `the archive does not hold ${name}`);
  });
}

/** Reads the whole name of a repository. Throws `cli/usage`. */
export function parseName(text: string): Gun {
  try {
    return parseGun(text).gun;
  } catch (cause) {
    throw new CliError(
      "cli/usage",
      `${text} is not the whole name of a repository`,
      "write it with its registry, as docker.io/library/alpine, and without a tag",
      { cause },
    );
  }
}

function described(bytes: Uint8Array): Omit<OpenArchive, "repositories"> {
  return { sha256: createHash("sha256").update(bytes).digest("hex"), bytes: bytes.length };
}
