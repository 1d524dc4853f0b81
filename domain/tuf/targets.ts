import type { JsonObject, JsonValue } from "#domain/json";
import { decode, type Common, type Envelope } from "./envelope.ts";
import type { PublicKey } from "./public-key.ts";
import { keysOf, roleKeysOf, type RoleKeys } from "./role-keys.ts";
import { parentOf, tryRoleName, type RoleName } from "./role-name.ts";
import { asArray, asMap, asObject, asString, invalid, malformed } from "./shape.ts";
import { fileMetaOf, type FileMeta } from "./file-meta.ts";

export type Targets = Common & {
  /** By name, in the order of the file. */
  readonly targets: ReadonlyMap<string, Target>;
  /** Keys that the delegations use. */
  readonly keys: ReadonlyMap<string, PublicKey>;
  readonly delegations: readonly Delegation[];
};

export type Target = FileMeta & { readonly custom?: JsonValue };

export type Delegation = RoleKeys & {
  readonly name: RoleName;
  /** Prefixes of target names; `""` is everything, an empty list is nothing. */
  readonly paths: readonly string[];
};

export const maxTargetsBytes = 33_554_432;
const maxTargets = 250_000;
const maxDelegations = 1_024;
const maxPaths = 1_024;

/** Reads a targets or delegation file, not yet trusted. Throws `tuf/malformed`, `tuf/invalid` or `tuf/key-id-differs`. */
export function decodeTargets(bytes: Uint8Array, role: RoleName): Envelope<Targets> {
  return decode(bytes, {
    role,
    type: "Targets",
    maxBytes: maxTargetsBytes,
    read: (signed, common) => ({
      ...common,
      targets: targetsOf(signed["targets"]),
      ...delegationsOf(signed["delegations"], role),
    }),
  });
}

function targetsOf(value: JsonValue | undefined): ReadonlyMap<string, Target> {
  const targets = new Map<string, Target>();
  for (const [name, listed] of asMap(value ?? {}, "targets", maxTargets)) {
    const { custom } = asObject(listed, "target");
    const meta = fileMetaOf(listed, "target");
    targets.set(name, custom === undefined ? meta : { ...meta, custom });
  }
  return targets;
}

function delegationsOf(
  value: JsonValue | undefined,
  file: RoleName,
): Pick<Targets, "keys" | "delegations"> {
  const { keys: listed, roles } = asObject(value ?? {}, "delegations");
  const keys = keysOf(listed ?? {});
  const delegations = asArray(roles ?? [], "delegated roles", maxDelegations).map((role) =>
    delegationOf(asObject(role, "delegated role"), keys, file),
  );
  if (new Set(delegations.map((delegation) => delegation.name)).size < delegations.length)
    throw malformed("a role is delegated twice");
  return { keys, delegations };
}

function delegationOf(
  value: JsonObject,
  keys: ReadonlyMap<string, PublicKey>,
  file: RoleName,
): Delegation {
  const text = asString(value["name"], "delegation name");
  const name = tryRoleName(text);
  if (name === undefined || parentOf(name) !== file)
    throw invalid(file, `delegation role ${text.slice(0, 80)} invalid`);
  const { keyids, threshold } = value;
  const paths = asArray(value["paths"] ?? [], "paths", maxPaths).map((path) =>
    asString(path, "path"),
  );
  return { ...roleKeysOf({ keyids, threshold }, keys, { file, role: name }), name, paths };
}
