import type { Instant, Options } from "#domain/kernel";
import type { Gun } from "#domain/oci";
import {
  decodeRoot,
  decodeSnapshot,
  decodeTargets,
  isExpired,
  parentOf,
  rootRole,
  snapshotRole,
  targetsRole,
  TufError,
  verifyRoot,
  verifyThreshold,
  type OpenRepository,
  type RoleName,
  type TrustReading,
} from "#domain/tuf";
import { contentOf, type Draft } from "./draft.ts";
import { SignerError } from "./errors.ts";
import { leftBehind, quietly, type ServedFile } from "./left-behind.ts";
import type { LocalRepository, TrustReader } from "./ports.ts";

export type Opened = {
  readonly draft: Draft;
  /** The state that the draft is built on: another one means that somebody published. */
  readonly state: string;
};

type Parts = {
  readonly reader: TrustReader;
  readonly local: (gun: Gun) => LocalRepository;
  readonly clock: () => Instant;
};

/**
 * The server's present state, or, where it has none, the repository that was initialised here; undefined where
 * there is neither. Throws `signer/repository-unsound` for trust data that nothing may be built on,
 * `signer/offline` where it cannot be had.
 */
export async function openDraft(parts: Parts, gun: Gun, o: Options): Promise<Opened | undefined> {
  const { reading, open } = await parts.reader.open(gun, o);
  const local = parts.local(gun);
  switch (reading.kind) {
    case "absent":
      return await initialised(local, o);
    case "unavailable":
      throw new SignerError("signer/offline", reading.detail, { reading });
    case "verified":
      if (reading.asOf !== undefined)
        throw new SignerError("signer/offline", "the trust server does not answer", { reading });
      if (open === undefined) throw unsound(reading);
      return published(open, new Set());
    case "expired":
      if (open === undefined) throw unsound(reading);
      return await outdated({ reading, open, local, now: parts.clock() }, o);
    case "tampered":
    case "rolled-back":
      throw unsound(reading);
  }
}

export function unsound(reading: TrustReading): SignerError {
  const what =
    reading.kind === "tampered"
      ? `${reading.role}: ${reading.detail}`
      : reading.kind === "rolled-back"
        ? `${reading.role}: version ${reading.offeredVersion} is lower than current version ${reading.seenVersion}`
        : reading.kind === "expired"
          ? `${reading.role} expired`
          : reading.kind;
  return new SignerError(
    "signer/repository-unsound",
    `the server's trust data cannot be built on: ${what}`,
    { reading },
  );
}

function published(open: OpenRepository, renew: ReadonlySet<RoleName>): Opened {
  const { root, snapshot, timestamp } = open;
  const readable = [...open.targets, ...open.expired];
  return {
    state: timestamp.sha256,
    draft: {
      root: root.signed,
      rootFile: root.bytes,
      isRootDirty: renew.has(rootRole),
      isNew: false,
      snapshot: snapshot.signed,
      contents: new Map(readable.map(([role, file]) => [role, contentOf(file.signed)])),
      unsigned: new Map([...open.unsigned].map(([role, file]) => [role, contentOf(file.signed)])),
      floors: new Map(),
      lost: new Set(),
      expired: new Set([...open.expired.keys(), ...renew]),
      dirty: new Set([...renew].filter((role) => role === targetsRole)),
    },
  };
}

/**
 * What has expired may be signed again by its owners, as long as the timestamp is fresh: it says that this is
 * the newest there is. Under an expired timestamp an old state could be passed off as the present one. But no
 * server signs timestamps under an expired root or over an expired snapshot of its owner's; there, and for an
 * expired root in any case, the root must be the one that is known here: then the reader has ruled out
 * whatever is older than this client has seen, and nobody is shown an old root that was stolen since.
 */
async function outdated(
  at: {
    readonly reading: TrustReading;
    readonly open: OpenRepository;
    readonly local: LocalRepository;
    readonly now: Instant;
  },
  o: Options,
): Promise<Opened> {
  const { open, now } = at;
  const { root, timestamp, snapshot } = open;
  const isRootExpired = isExpired(root, now);
  const isStopped = isRootExpired || isExpired(snapshot, now);
  const isStale = isExpired(timestamp, now);
  const known = await at.local.file(rootRole, o);
  const isKnown = known !== undefined && Buffer.from(known).equals(root.bytes);
  if ((isStale && !isStopped) || ((isStale || isRootExpired) && !isKnown))
    throw unsound(at.reading);
  const renew = new Set<RoleName>(isRootExpired ? [rootRole] : []);
  const targets = open.targets.get(targetsRole);
  if (targets === undefined || isExpired(targets, now)) renew.add(targetsRole);
  return published(open, renew);
}

/** A repository that was initialised here. Throws `signer/directory-broken` when its files are not what they were. */
async function initialised(local: LocalRepository, o: Options): Promise<Opened | undefined> {
  const [rootFile, targetsFile, snapshotFile] = [
    await local.file(rootRole, o),
    await local.file(targetsRole, o),
    await local.file(snapshotRole, o),
  ];
  if (rootFile === undefined) return undefined;
  try {
    const root = verifyRoot(decodeRoot(rootFile)).signed;
    const targets =
      targetsFile === undefined
        ? { version: 0, targets: new Map(), delegations: [] }
        : verifyThreshold(decodeTargets(targetsFile, targetsRole), root.targets).signed;
    const version = snapshotFile === undefined ? 0 : decodeSnapshot(snapshotFile).signed.version;
    return {
      state: "",
      draft: {
        root,
        rootFile,
        isRootDirty: false,
        isNew: true,
        snapshot: { version, meta: new Map() },
        contents: new Map([[targetsRole, contentOf({ ...targets, expires: 0, keys: new Map() })]]),
        unsigned: new Map(),
        floors: new Map(),
        lost: new Set(),
        expired: new Set(),
        dirty: new Set([targetsRole]),
      },
    };
  } catch (cause) {
    if (!(cause instanceof TufError)) throw cause;
    throw new SignerError(
      "signer/directory-broken",
      "what is kept here of the repository is damaged: remove it and initialise again",
      { cause },
    );
  }
}

/**
 * The draft with what is known of `roles`, and of those above them, that have no file in use: the version, here
 * or left behind on the server, and whether it is a file that should be there.
 */
export async function withFloors(
  draft: Draft,
  roles: Iterable<RoleName>,
  from: {
    readonly gun: Gun;
    readonly local: (gun: Gun) => LocalRepository;
    readonly servedFile?: ServedFile;
  },
  o: Options,
): Promise<Draft> {
  const { gun, servedFile } = from;
  const local = from.local(gun);
  const floors = new Map<RoleName, number>();
  const lost = new Set<RoleName>();
  const wanted = new Set([...roles].flatMap(withParents));
  for (const [role, { version }] of await leftBehind(servedFile, { gun, draft, roles: wanted }, o))
    floors.set(role, version);
  for (const role of wanted) {
    if (draft.contents.has(role) || draft.unsigned.has(role)) continue;
    const file = await local.file(role, o);
    const known = file === undefined ? undefined : quietly(() => decodeTargets(file, role));
    if (known === undefined) continue;
    floors.set(role, Math.max(known.signed.version, floors.get(role) ?? 0));
    const delegation = draft.contents
      .get(parentOf(role) ?? targetsRole)
      ?.delegations.find(({ name }) => name === role);
    const { targets, delegations } = known.signed;
    const isEmpty = targets.size === 0 && delegations.length === 0;
    if (delegation === undefined || isEmpty) continue;
    if (quietly(() => verifyThreshold(known, delegation)) !== undefined) lost.add(role);
  }
  return { ...draft, floors, lost };
}

function withParents(role: RoleName): readonly RoleName[] {
  const parent = parentOf(role);
  return parent === undefined ? [role] : [...withParents(parent), role];
}
