import type { JsonValue } from "#domain/json";
import { decode, type Common, type Envelope } from "./envelope.ts";
import { fileMetaOf, type FileMeta } from "./file-meta.ts";
import {
  rootRole,
  snapshotRole,
  targetsRole,
  timestampRole,
  tryRoleName,
  type RoleName,
} from "./role-name.ts";
import { asMap, invalid } from "./shape.ts";

/** The description of a metadata file: its sha256 is its name on the server, so it is never missing. */
export type MetadataMeta = FileMeta & { readonly sha256: string };

/** Which files make up the repository: root, targets and its delegations. */
export type Snapshot = Common & { readonly meta: ReadonlyMap<RoleName, MetadataMeta> };

/** Which snapshot is the current one. */
export type Timestamp = Common & { readonly snapshot: MetadataMeta };

export const maxSnapshotBytes = 4_194_304;
export const maxTimestampBytes = 65_536;
const maxFiles = 4_096;

/** Reads a snapshot file, not yet trusted. Throws `tuf/malformed` or `tuf/invalid`. */
export function decodeSnapshot(bytes: Uint8Array): Envelope<Snapshot> {
  return decode(bytes, {
    role: snapshotRole,
    type: "Snapshot",
    maxBytes: maxSnapshotBytes,
    read: (signed, common) => ({
      ...common,
      meta: metaOf(signed["meta"], snapshotRole, [rootRole, targetsRole]),
    }),
  });
}

/** Reads a timestamp file, not yet trusted. Throws `tuf/malformed` or `tuf/invalid`. */
export function decodeTimestamp(bytes: Uint8Array): Envelope<Timestamp> {
  return decode(bytes, {
    role: timestampRole,
    type: "Timestamp",
    maxBytes: maxTimestampBytes,
    read: (signed, common) => {
      const snapshot = metaOf(signed["meta"], timestampRole, [snapshotRole]).get(snapshotRole);
      if (snapshot === undefined) throw missing(timestampRole, snapshotRole);
      return { ...common, snapshot };
    },
  });
}

function metaOf(
  value: JsonValue | undefined,
  file: RoleName,
  needed: readonly RoleName[],
): ReadonlyMap<RoleName, MetadataMeta> {
  const meta = new Map<RoleName, MetadataMeta>();
  for (const [name, listed] of asMap(value, "meta", maxFiles)) {
    const role = tryRoleName(name);
    if (role === undefined) continue; // no role of ours: names no file that anybody asks for
    const { sha256, ...rest } = fileMetaOf(listed, name);
    if (sha256 === undefined) throw missing(file, role);
    meta.set(role, { ...rest, sha256 });
  }
  for (const role of needed) if (!meta.has(role)) throw missing(file, role);
  return meta;
}

function missing(file: RoleName, role: RoleName): Error {
  return invalid(file, `missing ${role} sha256 checksum information`);
}
