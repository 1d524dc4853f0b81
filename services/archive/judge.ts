import type { Instant } from "#domain/kernel";
import {
  byDepth,
  decodeTargets,
  openSnapshot,
  openTimestamp,
  parentOf,
  requireContent,
  rootRole,
  signersOf,
  snapshotRole,
  targetsRole,
  timestampRole,
  TufError,
  verifyRepository,
  type Envelope,
  type OpenRepository,
  type RoleKeys,
  type RoleName,
  type VerifiedRepository,
} from "#domain/tuf";
import type { ArchivedRepository } from "./archived.ts";
import type {
  Content,
  Fault,
  Freshness,
  Judgement,
  KeyName,
  RoleReport,
  RoleReportState,
} from "./judgement.ts";
import { namingAt, rootHistory, type RootHistory } from "./root-history.ts";
import { tagsOf, type TagSource } from "./tags.ts";

/** A moment before anything expires: what is old is read like what is new, and its age is told apart. */
const beforeAllExpiry: Instant = Number.NEGATIVE_INFINITY;

/**
 * Verifies an archived repository from its files alone: the chain of roots, signatures, thresholds, hashes and
 * lengths, and what had expired when it was archived and has at `now`. The first root is taken on its own
 * word: who made the archive could have made it up, and its key ids are to be compared with known ones.
 */
export function judge(repository: ArchivedRepository, now: Instant): Judgement {
  const { gun, server, archivedAt } = repository;
  const about = { gun, server, archivedAt };
  try {
    const { history, open, reading } = verified(repository);
    const faults = [...strayFiles(repository, open), ...chainFaults(history)];
    const { newest: _, ...roots } = history;
    const { roles, tags } = rolesOf(repository, open, reading);
    const then = freshnessAt(archivedAt, gun, open);
    const content: Content = { roots, then, now: freshnessAt(now, gun, open), roles, tags };
    return { ...about, isSound: faults.length === 0, faults, content };
  } catch (error) {
    if (!(error instanceof Unsound)) throw error;
    return { ...about, isSound: false, faults: [error.fault] };
  }
}

class Unsound extends Error {
  readonly fault: Fault;

  constructor(fault: Fault) {
    super(fault.detail);
    this.fault = fault;
  }
}

function verified(repository: ArchivedRepository): {
  readonly history: RootHistory;
  readonly open: OpenRepository;
  readonly reading: VerifiedRepository;
} {
  const { gun, targets: files } = repository;
  const history = step(rootRole, () => rootHistory(repository.roots));
  const root = history.newest;
  step(rootRole, () => namingAt(gun, root, repository.archivedAt));
  const timestamp = step(timestampRole, () => openTimestamp(root, repository.timestamp));
  const snapshot = step(snapshotRole, () => openSnapshot(root, timestamp, repository.snapshot));
  const set = { gun, root, timestamp, snapshot, files, seen: new Map() };
  const { reading, open } = verifyRepository(set, beforeAllExpiry);
  if (reading.kind === "verified" && open !== undefined) return { history, open, reading };
  throw new Unsound({
    role: "role" in reading ? reading.role : rootRole,
    detail: "detail" in reading ? reading.detail : reading.kind,
  });
}

function step<Value>(role: RoleName, run: () => Value): Value {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof TufError)) throw error;
    throw new Unsound({ role, detail: error.message });
  }
}

/** Files that the snapshot does not name, or names with other content. */
function strayFiles(repository: ArchivedRepository, open: OpenRepository): readonly Fault[] {
  return [...repository.targets].flatMap(([role, bytes]): readonly Fault[] => {
    const meta = open.snapshot.signed.meta.get(role);
    if (meta === undefined) return [{ role, detail: "the snapshot does not name this file" }];
    try {
      requireContent(role, bytes, meta);
      return [];
    } catch (error) {
      if (!(error instanceof TufError)) throw error;
      return [{ role, detail: error.message }];
    }
  });
}

function chainFaults({ breaks }: RootHistory): readonly Fault[] {
  return breaks.map(({ detail }) => ({ role: rootRole, detail }));
}

/** What is over at `at`: the certificate, and the four files without which nothing counts. */
function freshnessAt(at: Instant, gun: string, open: OpenRepository): Freshness {
  const naming = namingAt(gun, open.root, at);
  if (naming.kind === "not-yet") return { kind: "not-yet", role: rootRole, at: naming.from };
  if (naming.kind === "ended") return { kind: "expired", role: rootRole, at: naming.at };
  const ends = [open.root, open.timestamp, open.snapshot, open.targets.get(targetsRole)]
    .flatMap((file) => (file === undefined ? [] : [{ role: file.role, at: file.signed.expires }]))
    .toSorted((a, b) => a.at - b.at);
  const soonest = ends[0] ?? { role: rootRole, at: naming.until };
  return soonest.at < at
    ? { kind: "expired", ...soonest }
    : { kind: "fresh", until: Math.min(soonest.at, naming.until) };
}

function rolesOf(
  repository: ArchivedRepository,
  open: OpenRepository,
  reading: VerifiedRepository,
): Pick<Content, "roles" | "tags"> {
  const { root, timestamp, snapshot } = open;
  const base = [root, timestamp, snapshot].map((file): RoleReport => {
    const { version, expires } = file.signed;
    const keys = root.signed[file.role as "root" | "timestamp" | "snapshot"];
    return { role: file.role, version, expires, state: "signed", signers: namesOf(file, keys) };
  });
  const sources: TagSource[] = [];
  const walked = reading.roles.map((role): RoleReport => {
    const name = role.name as RoleName;
    const file = open.targets.get(name);
    const keys = keysOf(open, name);
    if (role.state.kind === "valid")
      sources.push({ role: name, targets: role.targets, counts: true });
    return {
      role: name,
      version: role.version,
      expires: role.expires,
      state: stateOf(role.state.kind),
      ...(role.state.kind === "tampered" ? { detail: role.state.detail } : {}),
      signers: file === undefined || keys === undefined ? [] : namesOf(file, keys),
    };
  });
  const known = new Set(walked.map(({ role }) => role));
  const named = [...snapshot.signed.meta.keys()].filter((role) => role.startsWith("targets/"));
  const former = named
    .filter((role) => !known.has(role))
    .toSorted(byDepth)
    .map((role) => formerRole(repository, role, sources));
  return { roles: [...base, ...walked, ...former], tags: tagsOf(sources) };
}

/** A role that hangs below nothing that can be believed: its file is what the snapshot's signer knew, no more. */
function formerRole(
  repository: ArchivedRepository,
  role: RoleName,
  sources: TagSource[],
): RoleReport {
  const nothing = { role, version: 0, expires: 0, state: "not-delegated", signers: [] } as const;
  const bytes = repository.targets.get(role);
  if (bytes === undefined) return { ...nothing, detail: "the server had not got the file" };
  try {
    const { version, expires, targets } = decodeTargets(bytes, role).signed;
    const plain = new Map<string, { sha256: string; length: number }>();
    for (const [name, { sha256, length }] of targets)
      if (sha256 !== undefined) plain.set(name, { sha256, length });
    sources.push({ role, targets: plain, counts: false });
    return { ...nothing, version, expires };
  } catch (error) {
    if (!(error instanceof TufError)) throw error;
    return { ...nothing, detail: error.message };
  }
}

function keysOf(open: OpenRepository, role: RoleName): RoleKeys | undefined {
  const parent = parentOf(role);
  if (parent === undefined) return open.root.signed.targets;
  return open.targets.get(parent)?.signed.delegations.find(({ name }) => name === role);
}

function namesOf(file: Envelope<unknown>, keys: RoleKeys): readonly KeyName[] {
  const signers = new Set(signersOf(file, keys));
  return [...keys.keys.values()].flatMap(({ id, material }) =>
    material !== undefined && signers.has(material.fingerprint)
      ? [{ id, canonicalId: material.canonicalId }]
      : [],
  );
}

function stateOf(kind: "valid" | "expired" | "tampered" | "missing"): RoleReportState {
  switch (kind) {
    case "valid":
    case "expired":
      return "signed";
    case "missing":
      return "empty";
    case "tampered":
      return "not-signed";
  }
}
