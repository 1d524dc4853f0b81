import type { JsonValue } from "#domain/json";
import type { Instant } from "#domain/kernel";
import { canonicalJson, fileJson } from "./canonical-json.ts";
import { TufError } from "./errors.ts";
import { fileMetaJson, type FileMeta } from "./file-meta.ts";
import { keyJson, type PublicKey } from "./public-key.ts";
import type { RoleKeys } from "./role-keys.ts";
import type { Root } from "./root.ts";
import type { Targets } from "./targets.ts";
import { formatTime } from "./time.ts";

/** Makes one signature; where the private key is, is the caller's business. */
export type Signer = {
  readonly keyId: string;
  readonly method: "ecdsa" | "rsapss" | "eddsa";
  readonly sign: (message: Uint8Array) => Promise<Uint8Array>;
};

// oxlint-disable-next-line no-control-regex -- these are what is looked for
const CONTROL = /[\u0000-\u001f]/;

/**
 * Writes a signed metadata file byte for byte as Notary does: canonical payload with five characters
 * escaped, then the signatures, no space, no newline. The signatures are over the unescaped payload.
 * Throws `tuf/malformed` for text with control characters, which that form cannot hold: nobody could read the
 * file. So it does for half a surrogate pair, which would be read as another text.
 */
export async function composeFile(
  signed: JsonValue,
  signers: readonly Signer[],
): Promise<Uint8Array> {
  const payload = canonicalJson(signed);
  if (CONTROL.test(payload) || !payload.isWellFormed())
    throw new TufError("tuf/malformed", "control characters and broken text cannot be signed");
  const encoder = new TextEncoder();
  const message = encoder.encode(payload);
  const signatures = await Promise.all(
    signers.map(async ({ keyId, method, sign }) => {
      const sig = Buffer.from(await sign(message)).toString("base64");
      return { keyid: keyId, method, sig };
    }),
  );
  return encoder.encode(
    `{"signed":${fileJson(payload)},"signatures":${JSON.stringify(signatures)}}`,
  );
}

type Dated = { readonly version: number; readonly expires: Instant };

export function rootPayload(root: Root): JsonValue {
  const role = ({ keys, threshold }: RoleKeys): JsonValue => ({
    keyids: [...keys.keys()],
    threshold,
  });
  return {
    _type: "Root",
    consistent_snapshot: false,
    expires: formatTime(root.expires),
    keys: keysJson(root.keys),
    roles: {
      root: role(root.root),
      snapshot: role(root.snapshot),
      targets: role(root.targets),
      timestamp: role(root.timestamp),
    },
    version: root.version,
  };
}

export function targetsPayload(targets: Targets): JsonValue {
  const roles = targets.delegations.map(({ name, keys, threshold, paths }) => ({
    keyids: [...keys.keys()],
    name,
    ...(paths.length === 0 ? {} : { paths }),
    threshold,
  }));
  const listed = [...targets.targets].map(([name, { custom, ...meta }]): [string, JsonValue] => {
    const described = fileMetaJson(meta) as { readonly [name: string]: JsonValue };
    return [name, custom === undefined ? described : { ...described, custom }];
  });
  return {
    _type: "Targets",
    delegations: { keys: keysJson(targets.keys), roles },
    expires: formatTime(targets.expires),
    targets: named(listed),
    version: targets.version,
  };
}

export function snapshotPayload(
  snapshot: Dated & { readonly meta: ReadonlyMap<string, FileMeta> },
): JsonValue {
  return {
    _type: "Snapshot",
    expires: formatTime(snapshot.expires),
    meta: named([...snapshot.meta].map(([name, meta]) => [name, fileMetaJson(meta)])),
    version: snapshot.version,
  };
}

export function timestampPayload(timestamp: Dated & { readonly snapshot: FileMeta }): JsonValue {
  return {
    _type: "Timestamp",
    expires: formatTime(timestamp.expires),
    meta: { snapshot: fileMetaJson(timestamp.snapshot) },
    version: timestamp.version,
  };
}

function keysJson(keys: ReadonlyMap<string, PublicKey>): JsonValue {
  return named([...keys].map(([id, key]) => [id, keyJson(key)]));
}

/** An object without prototype, so that a target named `__proto__` is a target. */
function named(members: readonly (readonly [string, JsonValue])[]): JsonValue {
  const object = Object.create(null) as Record<string, JsonValue>;
  for (const [name, value] of members) object[name] = value;
  return object;
}
