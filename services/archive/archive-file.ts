import { z } from "zod";
import { JsonError, readJson } from "#domain/json";
import { OciError, parseGun, type Gun } from "#domain/oci";
import {
  describeFile,
  formatTime,
  isTargetsRole,
  targetsRole,
  tryRoleName,
  tryTime,
} from "#domain/tuf";
import { maxRoots, type ArchivedRepository } from "./archived.ts";
import { ArchiveError } from "./errors.ts";
import { readZip, writeZip } from "./stored-zip.ts";

const manifestName = "archive.json";
const maxManifestBytes = 67_108_864;
const format = "countersign-trust-archive";

const Manifest = z.strictObject({
  format: z.literal(format),
  version: z.number().int().positive(),
  repositories: z.array(
    z.strictObject({
      gun: z.string(),
      server: z.string().max(1_024),
      archivedAt: z.string().max(32),
      /** Names below the repository's folder, with the sha256 of each. */
      files: z.array(z.strictObject({ name: z.string(), sha256: z.string() })),
    }),
  ),
});
type Listed = z.infer<typeof Manifest>["repositories"][number];

/** Writes an archive: one zip with the files as they are and a list of them. The same content gives the same bytes. */
export function encodeArchive(repositories: readonly ArchivedRepository[]): Uint8Array {
  const entries = new Map<string, Uint8Array>();
  const inOrder = [...repositories].sort((a, b) => (a.gun < b.gun ? -1 : Number(a.gun > b.gun)));
  const listed = inOrder.map((repository): Listed => {
    const files = filesOf(repository);
    for (const [name, bytes] of files) entries.set(`${folderOf(repository.gun)}/${name}`, bytes);
    return {
      gun: repository.gun,
      server: repository.server,
      archivedAt: formatTime(repository.archivedAt),
      files: files.map(([name, bytes]) => ({ name, sha256: describeFile(bytes).sha256 })),
    };
  });
  const manifest = { format, version: 1, repositories: listed };
  entries.set(manifestName, Buffer.from(`${JSON.stringify(manifest, undefined, 2)}\n`));
  return writeZip(entries);
}

/**
 * Reads an archive, and finds every change to it: what was read, written again, is the same file. Says nothing
 * about signatures. Throws `archive/not-an-archive` or `archive/damaged`.
 */
export function decodeArchive(bytes: Uint8Array): ReadonlyMap<Gun, ArchivedRepository> {
  const entries = readZip(bytes);
  const repositories = listedIn(entries.get(manifestName)).map((listed) =>
    repositoryOf(listed, entries),
  );
  if (Buffer.compare(encodeArchive(repositories), bytes) !== 0) throw damaged("its list of files");
  return new Map(repositories.map((repository) => [repository.gun, repository]));
}

/** Where a repository's files stand: no name of a repository has `_trust` in it, so none lies inside another. */
function folderOf(gun: Gun): string {
  return `repositories/${gun.replaceAll(/[:[\]]/g, encodeURIComponent)}/_trust`;
}

function filesOf(repository: ArchivedRepository): readonly (readonly [string, Uint8Array])[] {
  const roots = [...repository.roots].sort(([a], [b]) => a - b);
  const targets = [...repository.targets].sort(([a], [b]) => (a < b ? -1 : Number(a > b)));
  return [
    ...roots.map(([version, bytes]) => [`${version}.root.json`, bytes] as const),
    ["timestamp.json", repository.timestamp],
    ["snapshot.json", repository.snapshot],
    ...targets.map(([role, bytes]) => [`${role}.json`, bytes] as const),
  ];
}

function listedIn(manifest: Uint8Array | undefined): readonly Listed[] {
  if (manifest === undefined)
    throw new ArchiveError("archive/not-an-archive", "this zip file is not a trust archive");
  try {
    const read = Manifest.parse(readJson(manifest, { maxBytes: maxManifestBytes }));
    if (read.version > 1)
      throw new ArchiveError(
        "archive/not-an-archive",
        "this archive was made by a newer version of countersign",
      );
    return read.repositories;
  } catch (cause) {
    if (cause instanceof z.ZodError || cause instanceof JsonError)
      throw new ArchiveError("archive/not-an-archive", "this zip file is not a trust archive", {
        cause,
      });
    throw cause;
  }
}

const ROOT = /^([1-9][0-9]{0,8})\.root\.json$/;

function repositoryOf(
  listed: Listed,
  entries: ReadonlyMap<string, Uint8Array>,
): ArchivedRepository {
  const gun = gunOf(listed.gun);
  const archivedAt = tryTime(listed.archivedAt);
  const files = new Map<string, Uint8Array>();
  for (const { name, sha256 } of listed.files) {
    const bytes = entries.get(`${folderOf(gun)}/${name}`);
    if (bytes === undefined || describeFile(bytes).sha256 !== sha256 || files.has(name))
      throw damaged(gun);
    files.set(name, bytes);
  }
  const take = (name: string): Uint8Array => {
    const bytes = files.get(name);
    if (bytes === undefined) throw damaged(gun);
    return bytes;
  };
  const roots = new Map<number, Uint8Array>();
  const targets = new Map<NonNullable<ReturnType<typeof tryRoleName>>, Uint8Array>();
  for (const [name, bytes] of files) {
    const version = ROOT.exec(name)?.[1];
    if (version !== undefined) roots.set(Number(version), bytes);
    const role = tryRoleName(name.replace(/\.json$/, ""));
    if (role !== undefined && isTargetsRole(role)) targets.set(role, bytes);
  }
  if (archivedAt === undefined || roots.size === 0 || Math.max(...roots.keys()) > maxRoots)
    throw damaged(gun);
  if (!targets.has(targetsRole)) throw damaged(gun);
  const { server } = listed;
  const [timestamp, snapshot] = [take("timestamp.json"), take("snapshot.json")];
  return { gun, server, archivedAt, roots, timestamp, snapshot, targets };
}

function gunOf(text: string): Gun {
  try {
    return parseGun(text).gun;
  } catch (cause) {
    if (cause instanceof OciError) throw damaged("a repository's name");
    throw cause;
  }
}

function damaged(what: string): ArchiveError {
  return new ArchiveError(
    "archive/damaged",
    `the archive is damaged: ${what} is not what was written`,
  );
}
