import { createHash } from "node:crypto";
import { mapBounded, type Clock, type Options } from "#domain/kernel";
import type { Gun } from "#domain/oci";
import {
  faultOf,
  isTargetsRole,
  openSnapshot,
  openTimestamp,
  rootRole,
  snapshotRole,
  timestampRole,
  verifyRepository,
  versionReading,
  type OpenRepository,
  type RoleName,
  type Root,
  type Snapshot,
  type SeenFile,
  type SeenFiles,
  type Timestamp,
  type TrustReading,
  type Trusted,
} from "#domain/tuf";
import { begunAnew } from "./begun-anew.ts";
import type { AcceptFirst, MetadataSource, Remembered, TrustMemory } from "./ports.ts";
import { Refused, refuse } from "./refused.ts";
import { renewedRoles } from "./renewed-roles.ts";
import { SourceFault } from "./source-fault.ts";
import { trustedRoot } from "./trusted-root.ts";

export type Parts = {
  readonly source: MetadataSource;
  readonly memory: TrustMemory;
  readonly clock: Clock;
  readonly vanished?: "absent" | "unavailable";
  readonly acceptFirst?: AcceptFirst;
};

export type Read = {
  readonly reading: TrustReading;
  /** The files behind a reading that is verified, or expired. */
  readonly open?: OpenRepository;
  readonly timestampSha256: string;
};

const parallelFetches = 8;
/** All targets files of a repository together: they are held in memory while they are verified. */
const maxRepositoryBytes = 268_435_456;

/**
 * Fetches and verifies everything about one repository, and remembers it. Somebody may publish between two
 * fetches, and the pieces then do not fit: what looks wrong is looked at once more before it is called so.
 */
export async function readRepository(parts: Parts, gun: Gun, o: Options): Promise<Read> {
  const first = await attempt(parts, gun, o);
  const mayBeRace = first.reading.kind === "tampered" || first.reading.kind === "rolled-back";
  return mayBeRace ? await attempt(parts, gun, o) : first;
}

async function attempt(parts: Parts, gun: Gun, o: Options): Promise<Read> {
  try {
    return await readOnce(parts, gun, o);
  } catch (error) {
    if (error instanceof Refused) return { reading: error.reading, timestampSha256: "" };
    throw error;
  }
}

async function readOnce(parts: Parts, gun: Gun, o: Options): Promise<Read> {
  const { source, memory, clock } = parts;
  const [remembered, timestampBytes, rootBytes] = await Promise.all([
    memory.recall(gun, o),
    source.current(gun, timestampRole, o),
    source.current(gun, rootRole, o),
  ]);
  if (timestampBytes === undefined && rootBytes === undefined)
    return refuse(nothingThere(remembered, parts.vanished));
  if (rootBytes === undefined) return refuse(notThere(rootRole));
  if (timestampBytes === undefined) return refuse(notThere(timestampRole));

  const root = await step(rootRole, () =>
    trustedRoot({ ...parts, anchor: remembered.root, now: clock() }, { gun, bytes: rootBytes }, o),
  );
  const timestamp = await step(timestampRole, () => openTimestamp(root, timestampBytes));
  const renewed = renewedRoles(remembered.root, root);
  const before = without(remembered.seen, renewed);
  const rolledBack = versionReading(timestamp, before.get(timestampRole));
  if (rolledBack !== undefined) return refuse(rolledBack);
  const snapshot = await fetchSnapshot(source, { gun, root, timestamp }, o);
  const files = await fetchTargets(source, { gun, snapshot }, o);

  const set = { gun, root, timestamp, snapshot, files, seen: before };
  const first = verifyRepository(set, clock());
  const anew = await begunAnew({ source, gun, root, seen: before, reading: first.reading }, o);
  if (anew.length > 0) {
    const forgotten = { root: root.bytes, seen: new Map(), gone: anew, renewed };
    await memory.raise(gun, forgotten, o);
  }
  const { reading, open, seen, gone } =
    anew.length === 0 ? first : verifyRepository({ ...set, seen: without(before, anew) }, clock());
  if (reading.kind === "verified" && isNews(remembered, { root, seen, gone })) {
    const after = await memory.raise(gun, { root: root.bytes, seen, gone, renewed }, o);
    requireNewest(after.seen, [root, timestamp, snapshot]);
  }
  const read = { reading, timestampSha256: sha256(timestampBytes) };
  return open === undefined ? read : { ...read, open };
}

/** Whether a reading tells anything that is not remembered yet. */
function isNews(
  remembered: Remembered,
  found: {
    readonly root: Trusted<Root>;
    readonly seen: SeenFiles;
    readonly gone: readonly RoleName[];
  },
): boolean {
  const isKnown = ([role, file]: readonly [RoleName, SeenFile]): boolean =>
    remembered.seen.get(role)?.version === file.version;
  const hasRoot = remembered.root !== undefined;
  return !hasRoot || found.gone.length > 0 || ![...found.seen].every(isKnown);
}

/** Somebody else may have verified newer files while we verified ours: ours are then old. */
function requireNewest(
  after: SeenFiles,
  files: readonly Parameters<typeof versionReading>[0][],
): void {
  for (const file of files) {
    const fault = versionReading(file, after.get(file.role));
    if (fault !== undefined) refuse(fault);
  }
}

async function fetchSnapshot(
  source: MetadataSource,
  at: { readonly gun: Gun; readonly root: Trusted<Root>; readonly timestamp: Trusted<Timestamp> },
  o: Options,
): Promise<Trusted<Snapshot>> {
  const { sha256: name, length: maxBytes } = at.timestamp.signed.snapshot;
  const bytes = await source.byChecksum(at.gun, snapshotRole, name, { ...o, maxBytes });
  if (bytes === undefined) return refuse(notThere(snapshotRole));
  return await step(snapshotRole, () => openSnapshot(at.root, at.timestamp, bytes));
}

async function fetchTargets(
  source: MetadataSource,
  at: { readonly gun: Gun; readonly snapshot: Trusted<Snapshot> },
  o: Options,
): Promise<ReadonlyMap<RoleName, Uint8Array>> {
  const named = [...at.snapshot.signed.meta].filter(([role]) => isTargetsRole(role));
  const announcedBytes = named.reduce((sum, [, meta]) => sum + meta.length, 0);
  if (announcedBytes > maxRepositoryBytes)
    return refuse({
      kind: "tampered",
      role: snapshotRole,
      detail: `it names more than ${maxRepositoryBytes} bytes of files`,
    });
  const fetched = await mapBounded(parallelFetches, named, async ([role, meta]) => {
    const announced = { ...o, maxBytes: meta.length };
    const bytes = await source.byChecksum(at.gun, role, meta.sha256, announced);
    return bytes === undefined ? [] : ([[role, bytes]] as const);
  });
  return new Map(fetched.flat());
}

/** A repository that was there once may have been deleted, or somebody hides it from us. */
function nothingThere(remembered: Remembered, vanished: Parts["vanished"]): TrustReading {
  if (remembered.root === undefined || vanished !== "unavailable") return { kind: "absent" };
  return {
    kind: "unavailable",
    detail: "the trust server no longer has the trust data that was seen there before",
  };
}

function without(seen: SeenFiles, roles: readonly RoleName[]): SeenFiles {
  return new Map([...seen].filter(([role]) => !roles.includes(role)));
}

/** Runs one step of the verification: what it finds wrong is about `role`. */
async function step<Value>(role: RoleName, run: () => Value | Promise<Value>): Promise<Value> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof Refused || error instanceof SourceFault) throw error;
    return refuse(faultOf(error, role));
  }
}

function notThere(role: RoleName): TrustReading {
  return { kind: "tampered", role, detail: `the ${role} file that belongs here is not there` };
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
