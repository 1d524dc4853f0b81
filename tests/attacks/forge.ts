import type { JsonObject, JsonValue } from "#domain/json";
import {
  composeFile,
  describeFile,
  parseRoleName,
  rootPayload,
  rootRole,
  snapshotRole,
  timestampPayload,
  timestampRole,
  type RoleName,
} from "#domain/tuf";
import {
  certifiedKey,
  keysOf,
  serve,
  signRoot,
  type TestKey,
  type TestRepository,
} from "#domain/tuf/testing";
import { msPerDay, start } from "./remote-world.ts";

export const releases = parseRoleName("targets/releases");
export const qa = parseRoleName("targets/qa");
export const text = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes);
export const bytesOf = (words: string): Uint8Array => new TextEncoder().encode(words);

export function fileOf(repository: TestRepository, role: RoleName): Uint8Array {
  const bytes = repository.current.get(role);
  if (bytes === undefined) throw new Error(`no ${role}`);
  return bytes;
}

/** Serves a timestamp of the role's own key that says what the attacker wants of the snapshot. */
export async function forgeTimestamp(
  repository: TestRepository,
  snapshot: { readonly length: number; readonly sha256: string },
): Promise<void> {
  const { timestamp } = repository;
  timestamp.version += 1;
  const file = await composeFile(
    timestampPayload({ ...timestamp, snapshot }),
    timestamp.keys.map((key) => key.signer),
  );
  serve(repository, timestampRole, file);
}

/** Names `snapshot` in a newer timestamp of the role's own key. */
export async function pointAt(repository: TestRepository, snapshot: Uint8Array): Promise<void> {
  await forgeTimestamp(repository, describeFile(snapshot));
  serve(repository, snapshotRole, snapshot);
}

/** Puts bytes under every name that the server has for a role's current file. */
export function swap(repository: TestRepository, role: RoleName, bytes: Uint8Array): void {
  const original = fileOf(repository, role);
  repository.current.set(role, bytes);
  for (const [name, file] of repository.shelf)
    if (Buffer.from(file).equals(original)) repository.shelf.set(name, bytes);
}

/** Publishes a second root, properly signed, whose payload was changed before it was signed. */
export async function publishRoot(
  repository: TestRepository,
  change: (payload: Payload) => JsonValue,
): Promise<void> {
  repository.root.version += 1;
  const payload = rootPayloadOf(repository);
  const signers = repository.root.keys.map((key) => key.signer);
  const root = await composeFile(change(structuredClone(payload) as Payload), signers);
  await repository.republish(new Map([[rootRole, root]]));
}

type Mutable = { [name: string]: Mutable & string & number & string[] };
export type Payload = JsonObject & {
  keys: Mutable;
  roles: { [role: string]: { keyids: string[]; threshold: number } };
};

function rootPayloadOf(repository: TestRepository): JsonValue {
  const { root, targets, snapshot, timestamp } = repository;
  const all = [root, targets, snapshot, timestamp].flatMap((role) => role.keys);
  return rootPayload({
    version: root.version,
    expires: root.expires,
    keys: new Map(all.map(({ listed }) => [listed.id, listed])),
    root: keysOf(root),
    targets: keysOf(targets),
    snapshot: keysOf(snapshot),
    timestamp: keysOf(timestamp),
  });
}

/** A root key in a certificate for the repository. */
export function rootKey(gun: string): Promise<TestKey> {
  return certifiedKey({
    name: gun,
    notBefore: start - msPerDay,
    notAfter: start + 3_650 * msPerDay,
  });
}

/** Moves on to the next root; signed by the keys before and after, unless said otherwise. */
export async function rotateRoot(
  repository: TestRepository,
  change: { readonly keys?: readonly TestKey[]; readonly signers?: readonly TestKey[] } = {},
): Promise<Uint8Array> {
  const before = repository.root.keys;
  repository.root.keys = change.keys ?? before;
  repository.root.version += 1;
  const signers = change.signers ?? [...new Set([...before, ...repository.root.keys])];
  const root = await signRoot(repository, signers);
  serve(repository, rootRole, root);
  return root;
}
