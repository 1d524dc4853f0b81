import { decode, type Common, type Envelope } from "./envelope.ts";
import type { PublicKey } from "./public-key.ts";
import { keysOf, roleKeysOf, type RoleKeys } from "./role-keys.ts";
import { rootRole, snapshotRole, targetsRole, timestampRole, type RoleName } from "./role-name.ts";
import { asMap, asObject, invalid, malformed } from "./shape.ts";

export type Root = Common & {
  readonly keys: ReadonlyMap<string, PublicKey>;
  readonly root: RoleKeys;
  readonly targets: RoleKeys;
  readonly snapshot: RoleKeys;
  readonly timestamp: RoleKeys;
};

export const maxRootBytes = 1_048_576;

/** Reads a root file, not yet trusted. Throws `tuf/malformed`, `tuf/invalid` or `tuf/key-id-differs`. */
export function decodeRoot(bytes: Uint8Array): Envelope<Root> {
  return decode(bytes, {
    role: rootRole,
    type: "Root",
    maxBytes: maxRootBytes,
    read: (signed, common) => {
      const { consistent_snapshot: consistent } = signed;
      if (typeof (consistent ?? false) !== "boolean")
        throw malformed("consistent_snapshot is neither true nor false");
      const keys = keysOf(signed["keys"]);
      const roles = asMap(signed["roles"], "roles", 64);
      const keysFor = (role: RoleName): RoleKeys => {
        const listed = roles.get(role);
        if (listed === undefined) throw invalid("root", `missing ${role} role specification`);
        const { keyids, threshold } = asObject(listed, role);
        return roleKeysOf({ keyids, threshold }, keys, { file: "root", role });
      };
      return {
        ...common,
        keys,
        root: keysFor(rootRole),
        targets: keysFor(targetsRole),
        snapshot: keysFor(snapshotRole),
        timestamp: keysFor(timestampRole),
      };
    },
  });
}
