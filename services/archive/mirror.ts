import { describeFile, rootRole, snapshotRole, targetsRole, timestampRole } from "#domain/tuf";
import type { ArchivedRepository } from "./archived.ts";

/**
 * The files of a repository under the paths that a Notary v1 server has them at: what any server of plain files
 * can give to Notary's clients, for as long as the timestamp is fresh. Nothing can be published there.
 */
export function mirrorFiles(repository: ArchivedRepository): ReadonlyMap<string, Uint8Array> {
  const base = `v2/${repository.gun}/_trust/tuf`;
  const files = new Map<string, Uint8Array>();
  const put = (role: string, bytes: Uint8Array): void => {
    files.set(`${base}/${role}.json`, bytes);
    files.set(`${base}/${role}.${describeFile(bytes).sha256}.json`, bytes);
  };
  for (const [version, bytes] of [...repository.roots].toSorted(([a], [b]) => a - b)) {
    files.set(`${base}/${version}.${rootRole}.json`, bytes);
    put(rootRole, bytes); // the last one is the newest
  }
  put(snapshotRole, repository.snapshot);
  put(targetsRole, repository.targets.get(targetsRole) ?? new Uint8Array());
  for (const [role, bytes] of repository.targets) put(role, bytes);
  files.set(`${base}/${timestampRole}.json`, repository.timestamp);
  return files;
}
