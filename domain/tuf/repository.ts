import type { Instant } from "#domain/kernel";
import { delegationTo, everything } from "./delegation.ts";
import type { Common, Envelope, Trusted } from "./envelope.ts";
import { TufError } from "./errors.ts";
import { requireContent } from "./file-meta.ts";
import type { TrustReading, VerifiedRole } from "./reading.ts";
import { targetsRole, rootRole, snapshotRole, parentOf, type RoleName } from "./role-name.ts";
import type { Root } from "./root.ts";
import { versionFault, type SeenFile, type SeenFiles } from "./seen.ts";
import { decodeSnapshot, decodeTimestamp, type Snapshot, type Timestamp } from "./snapshot.ts";
import { decodeTargets, type Targets } from "./targets.ts";
import { verifySigners, verifyThreshold, type Signed } from "./threshold.ts";
import { targetsWithin, walkDelegations, type Walk } from "./walk.ts";

/** The files behind a verified reading, for who is going to write the next ones. */
export type OpenRepository = {
  readonly root: Trusted<Root>;
  readonly timestamp: Trusted<Timestamp>;
  readonly snapshot: Trusted<Snapshot>;
  /** `targets` and every delegation that may be believed. */
  readonly targets: ReadonlyMap<RoleName, Trusted<Targets>>;
  /** Delegations whose time is over; signed again, they are as good as before. */
  readonly expired: ReadonlyMap<RoleName, Trusted<Targets>>;
  /** Delegations that too few of their present keys signed: to be looked at before they are signed again. */
  readonly unsigned: ReadonlyMap<RoleName, Envelope<Targets>>;
};

export type Verification = {
  readonly reading: TrustReading;
  /** The files of a `verified` reading, and of one that is only `expired`: they must not be believed, but signed again. */
  readonly open?: OpenRepository;
  /** What to remember of a verified reading; empty for any other. */
  readonly seen: SeenFiles;
  /** Roles of the given memory that their owner no longer delegates to. */
  readonly gone: readonly RoleName[];
};

/** Opens the current timestamp. Throws a `TufError`; says nothing about its age. */
export function openTimestamp(root: Trusted<Root>, bytes: Uint8Array): Trusted<Timestamp> {
  return verifyThreshold(decodeTimestamp(bytes), root.signed.timestamp);
}

/** Opens the snapshot that a timestamp names. Throws a `TufError`; says nothing about its age. */
export function openSnapshot(
  root: Trusted<Root>,
  timestamp: Trusted<Timestamp>,
  bytes: Uint8Array,
): Trusted<Snapshot> {
  requireContent(snapshotRole, bytes, timestamp.signed.snapshot);
  return verifyThreshold(decodeSnapshot(bytes), root.signed.snapshot);
}

export type RepositoryFiles = {
  readonly gun: string;
  /** The root in use, trusted through the chain that begins at the pinned one. */
  readonly root: Trusted<Root>;
  readonly timestamp: Trusted<Timestamp>;
  readonly snapshot: Trusted<Snapshot>;
  /** The files that the snapshot names, as far as they could be had: `targets` and its delegations. */
  readonly files: ReadonlyMap<RoleName, Uint8Array>;
  /** What was verified before, here or by anybody who shares our memory. */
  readonly seen: SeenFiles;
};

/**
 * Judges one consistent set of files: the order is the TUF specification's (1.0, section 5.3 on). Signatures,
 * hashes and lengths first, then versions against `seen`, then expiry at `now`. A fault of `root`,
 * `timestamp`, `snapshot` or `targets` is the whole reading; a fault of a delegation is the state of that role.
 */
export function verifyRepository(set: RepositoryFiles, now: Instant): Verification {
  const { root, timestamp, snapshot } = set;
  let at: RoleName = rootRole;
  try {
    const rootMeta = snapshot.signed.meta.get(rootRole);
    if (rootMeta !== undefined) requireContent(rootRole, root.bytes, rootMeta);
    at = targetsRole;
    const targets = openTargets(set);
    for (const file of [root, timestamp, snapshot, targets.file]) {
      const fault = versionReading(file, set.seen.get(file.role));
      if (fault !== undefined) return failed(fault);
    }
    const whole = verified(set, targets, now);
    for (const file of [root, timestamp, snapshot, targets.file]) {
      const { role, signed } = file;
      if (signed.expires < now) return expired(whole, { role, expiredAt: signed.expires });
    }
    return whole;
  } catch (error) {
    return failed(faultOf(error, at));
  }
}

/** The reading that a `TufError` about `role` amounts to; anything else is thrown on. */
export function faultOf(error: unknown, role: RoleName): TrustReading {
  if (!(error instanceof TufError)) throw error;
  return { kind: "tampered", role, detail: error.message };
}

/** The reading that a version's fault amounts to; undefined where there is none. */
export function versionReading(
  file: Trusted<Common>,
  before: SeenFile | undefined,
): TrustReading | undefined {
  const fault = versionFault(file, before);
  switch (fault?.kind) {
    case undefined:
      return undefined;
    case "rolled-back":
      return { ...fault, role: file.role };
    case "other-content": {
      const detail = `version ${fault.version} was seen before with other content`;
      return { kind: "tampered", role: file.role, detail };
    }
  }
}

function failed(reading: TrustReading): Verification {
  return { reading, seen: new Map(), gone: [] };
}

/** Too old to be believed; nothing of it is remembered. */
function expired(
  whole: Verification,
  what: { readonly role: RoleName; readonly expiredAt: Instant },
): Verification {
  const { open } = whole;
  const kept = failed({ kind: "expired", ...what });
  return open === undefined ? kept : { ...kept, open };
}

function openTargets(set: RepositoryFiles): Signed<Targets> {
  const meta = set.snapshot.signed.meta.get(targetsRole);
  const bytes = set.files.get(targetsRole);
  if (meta === undefined || bytes === undefined)
    throw new TufError("tuf/content-differs", "the file that the snapshot names is not there");
  requireContent(targetsRole, bytes, meta);
  return verifySigners(decodeTargets(bytes, targetsRole), set.root.signed.targets);
}

function verified(set: RepositoryFiles, signed: Signed<Targets>, now: Instant): Verification {
  const { root, timestamp, snapshot } = set;
  const targets = signed.file;
  const first: VerifiedRole = {
    name: targetsRole,
    version: targets.signed.version,
    expires: targets.signed.expires,
    state: { kind: "valid" },
    signedBy: signed.signers,
    targets: targetsWithin(targets.signed, everything),
  };
  const walk = walkDelegations(set, targets, now);
  const roles = [first, ...walk.roles];
  const seen = new Map(walk.seen);
  for (const file of [root, timestamp, snapshot, targets])
    seen.set(file.role, { version: file.signed.version, sha256: file.sha256 });
  const valid = roles.filter((role) => role.state.kind === "valid");
  const ends = [root, timestamp, snapshot].map((file) => file.signed.expires);
  const reading: TrustReading = {
    kind: "verified",
    gun: set.gun,
    rootVersion: root.signed.version,
    timestampVersion: timestamp.signed.version,
    snapshotVersion: snapshot.signed.version,
    freshUntil: Math.min(...ends, ...valid.map((role) => role.expires)),
    roles,
  };
  const { valid: readable, expired, unsigned } = walk;
  const open = { root, timestamp, snapshot, targets: readable, expired, unsigned };
  return { reading, open, seen, gone: goneFrom(set.seen, walk) };
}

/** A remembered role is gone when a parent that we verified does not delegate to it, or is gone itself. */
function goneFrom(seen: SeenFiles, walk: Walk): readonly RoleName[] {
  const isGone = (role: RoleName): boolean => {
    const parent = parentOf(role);
    if (parent === undefined) return false;
    const file = walk.valid.get(parent);
    return file === undefined ? isGone(parent) : delegationTo(file.signed, role) === undefined;
  };
  return [...seen.keys()].filter(isGone);
}
