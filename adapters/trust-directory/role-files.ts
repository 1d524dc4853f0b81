import { createHash } from "node:crypto";
import type { Instant, Options } from "#domain/kernel";
import type { Gun } from "#domain/oci";
import { tryRoleName, type RoleName } from "#domain/tuf";
import { gunFolder } from "./gun-folder.ts";
import type { Shelf, WriteOptions } from "./shelf.ts";
import { versionOf } from "./version-of.ts";

export type RoleFile = {
  readonly bytes: Uint8Array;
  /** Hex. */
  readonly sha256: string;
  /** Undefined where the file is not what its name says. */
  readonly version: number | undefined;
  readonly modifiedAt: Instant;
};

/** The metadata files of one repository, one a role: `metadata/targets/qa.json`. */
export interface RoleFiles {
  /** Looks at the folder, and reads what is new since the last time. */
  all(o: Options): Promise<ReadonlyMap<RoleName, RoleFile>>;
  /** What was found the last time, if ever somebody looked. */
  known(o: Options): Promise<ReadonlyMap<RoleName, RoleFile>>;
  write(role: RoleName, bytes: Uint8Array, how: WriteOptions, o: Options): Promise<void>;
  setTime(role: RoleName, at: Instant, o: Options): Promise<void>;
  remove(roles: readonly RoleName[], o: Options): Promise<void>;
  removeAll(o: Options): Promise<void>;
}

const suffix = ".json";
const maxRoleBytes = 104_857_600;

export function roleFiles(shelf: Shelf, gun: Gun): RoleFiles {
  const home = gunFolder(gun);
  const folder = `${home}/metadata`;
  const pathOf = (role: RoleName): string => `${folder}/${role}${suffix}`;
  const marks = new Map<RoleName, string>();
  const found = new Map<RoleName, RoleFile>();
  let hasLooked = false;

  const forget = (role: RoleName): void => {
    marks.delete(role);
    found.delete(role);
  };
  const all = async (o: Options): Promise<ReadonlyMap<RoleName, RoleFile>> => {
    const gone = new Set(found.keys());
    for (const { path, mark, modifiedAt } of await shelf.list(folder, { deep: true }, o)) {
      const role = roleAt(path);
      if (role === undefined) continue;
      gone.delete(role);
      if (marks.get(role) === mark) continue;
      const bytes = await shelf.read(pathOf(role), maxRoleBytes, o);
      forget(role);
      if (bytes === undefined) continue;
      marks.set(role, mark);
      found.set(role, described(role, bytes, modifiedAt));
    }
    for (const role of gone) forget(role);
    hasLooked = true;
    return found;
  };

  return {
    all,
    known: async (o) => (hasLooked ? found : await all(o)),
    async write(role, bytes, how, o) {
      await shelf.write(pathOf(role), bytes, how, o);
      found.set(role, described(role, bytes, how.at ?? 0));
      marks.delete(role); // what it is on disk is seen with the next look
    },
    async setTime(role, at, o) {
      await shelf.setTime(pathOf(role), at, o);
      marks.delete(role);
    },
    async remove(roles, o) {
      await shelf.remove(roles.map(pathOf), home, o);
      for (const role of roles) forget(role);
    },
    async removeAll(o) {
      const paths = (await shelf.list(folder, { deep: true }, o)).map(({ path }) => path);
      const roles = paths.map(roleAt).filter((role) => role !== undefined);
      await shelf.remove(roles.map(pathOf), home, o);
      for (const role of roles) forget(role);
    },
  };
}

function roleAt(path: string): RoleName | undefined {
  return path.endsWith(suffix) ? tryRoleName(path.slice(0, -suffix.length)) : undefined;
}

function described(role: RoleName, bytes: Uint8Array, modifiedAt: Instant): RoleFile {
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  return { bytes, sha256, version: versionOf(role, bytes), modifiedAt };
}
