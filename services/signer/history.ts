import type { Instant, Options } from "#domain/kernel";
import type { Gun } from "#domain/oci";
import {
  decodeRoot,
  decodeSnapshot,
  decodeTargets,
  decodeTimestamp,
  isTargetsRole,
  rootRole,
  snapshotRole,
  targetsRole,
  timestampRole,
  TufError,
  type Envelope,
  type RoleName,
  type Root,
  type Snapshot,
  type Targets,
} from "#domain/tuf";
import { compareStates, type Differences } from "./compare-states.ts";

export type FeedRecord =
  | {
      readonly kind: "update";
      readonly id: string;
      readonly at: Instant;
      /** Of the timestamp. */
      readonly version: number;
      readonly sha256: string;
    }
  | { readonly kind: "deletion"; readonly id: string; readonly at: Instant };

/** What a Notary v1 server tells of a repository's past. */
export interface ChangeFeed {
  /** The newest records before the one with the id `before`, oldest first; undefined where there is no feed. */
  changes(
    gun: Gun,
    query: { readonly before?: string; readonly limit: number },
    o: Options,
  ): Promise<readonly FeedRecord[] | undefined>;
}

export type HistorySource = ChangeFeed & {
  current(gun: Gun, role: RoleName, o: Options): Promise<Uint8Array | undefined>;
  byVersion(gun: Gun, role: RoleName, version: number, o: Options): Promise<Uint8Array | undefined>;
  byChecksum(gun: Gun, role: RoleName, sha256: string, o: Options): Promise<Uint8Array | undefined>;
};

/** One state of a repository, as it was published. */
export type PastState = {
  readonly root: Envelope<Root> | undefined;
  readonly targets: ReadonlyMap<RoleName, Envelope<Targets>>;
};

export type LogEntry = {
  /** When the server took it; undefined where it keeps no change feed. */
  readonly at: Instant | undefined;
  /** Of the timestamp; 0 for a deletion. */
  readonly version: number;
} & (
  | ({ readonly kind: "published" } & Differences)
  | { readonly kind: "deleted" }
  /** Its files are not there any more, or are not what was announced. */
  | { readonly kind: "lost"; readonly detail: string }
);

type Step =
  | { readonly kind: "deletion"; readonly at: Instant }
  | {
      readonly kind: "update";
      readonly at: Instant | undefined;
      readonly version: number;
      readonly sha256?: string;
    };

const pageSize = 100;

/**
 * What was published of a repository, newest first: at most `limit` entries. Timestamps that were only signed
 * again are passed over. It shows what the server has kept, with signatures checked against the keys of their time;
 * it says nothing about what may be believed now.
 */
export async function* history(
  source: HistorySource,
  gun: Gun,
  { limit }: { readonly limit: number },
  o: Options,
): AsyncGenerator<LogEntry> {
  const files = filesOf(source, gun);
  let shown = 0;
  let newer:
    { readonly step: Extract<Step, { kind: "update" }>; readonly state: Loaded } | undefined;
  const entry = (older: PastState | undefined): LogEntry | undefined => {
    if (newer === undefined) return undefined;
    const { step, state } = newer;
    const head = { at: step.at, version: step.version };
    if (state.kind === "lost") return { ...head, kind: "lost", detail: state.detail };
    const differences = compareStates(older, state.state);
    return differences === undefined ? undefined : { ...head, kind: "published", ...differences };
  };
  for await (const step of stepsOf(source, gun, o)) {
    if (step.kind === "deletion") {
      const before = entry(undefined);
      newer = undefined;
      for (const one of [before, { at: step.at, version: 0, kind: "deleted" } as const])
        if (one !== undefined && shown < limit) {
          shown += 1;
          yield one;
        }
    } else {
      const state = await load(files, step, o);
      const one = entry(state.kind === "lost" ? undefined : state.state);
      newer = { step, state };
      if (one !== undefined) {
        shown += 1;
        yield one;
      }
    }
    if (shown >= limit) return;
  }
  const first = entry(undefined);
  if (first !== undefined) yield first;
}

/** Newest first; where there is no feed, by the versions of the timestamp. */
async function* stepsOf(source: HistorySource, gun: Gun, o: Options): AsyncGenerator<Step> {
  let before: string | undefined;
  for (;;) {
    const query = { limit: pageSize, ...(before === undefined ? {} : { before }) };
    const page = await source.changes(gun, query, o);
    if (page === undefined) break;
    for (const record of page.toReversed()) yield record;
    const oldest = page[0]?.id;
    if (page.length < pageSize || oldest === undefined || oldest === before) return;
    before = oldest;
  }
  const current = await source.current(gun, timestampRole, o);
  if (current === undefined) return;
  for (let { version } = decodeTimestamp(current).signed; version > 0; version -= 1)
    yield { kind: "update", at: undefined, version };
}

type Loaded =
  | { readonly kind: "there"; readonly state: PastState }
  | { readonly kind: "lost"; readonly detail: string };

/** Files by what they are: each is fetched and read once. */
type Files = {
  timestamp(step: Extract<Step, { kind: "update" }>, o: Options): Promise<string | undefined>;
  snapshot(sha256: string, o: Options): Promise<Envelope<Snapshot> | undefined>;
  root(sha256: string, o: Options): Promise<Envelope<Root> | undefined>;
  targets(role: RoleName, sha256: string, o: Options): Promise<Envelope<Targets> | undefined>;
};

function filesOf(source: HistorySource, gun: Gun): Files {
  const kept = new Map<string, Promise<unknown>>();
  const once = <Value>(
    role: RoleName,
    sha256: string,
    read: (bytes: Uint8Array) => Envelope<Value>,
    o: Options,
  ): Promise<Envelope<Value> | undefined> => {
    const name = `${role} ${sha256}`;
    const known = kept.get(name) as Promise<Envelope<Value> | undefined> | undefined;
    if (known !== undefined) return known;
    const fetched = source.byChecksum(gun, role, sha256, o).then((bytes) => {
      const file = bytes === undefined ? undefined : read(bytes);
      return file?.sha256 === sha256 ? file : undefined;
    });
    kept.set(name, fetched);
    // A repository's past may be long: what two neighbours share is soon done with.
    for (const oldest of kept.keys()) {
      if (kept.size <= maxKept) break;
      kept.delete(oldest);
    }
    return fetched;
  };
  return {
    async timestamp({ version, sha256 }, o) {
      const bytes = await source.byVersion(gun, timestampRole, version, o);
      if (bytes === undefined) return undefined;
      const file = decodeTimestamp(bytes);
      const isIt = sha256 === undefined || file.sha256 === sha256;
      return isIt ? file.signed.snapshot.sha256 : undefined;
    },
    snapshot: (sha256, o) => once(snapshotRole, sha256, decodeSnapshot, o),
    root: (sha256, o) => once(rootRole, sha256, decodeRoot, o),
    targets: (role, sha256, o) => once(role, sha256, (bytes) => decodeTargets(bytes, role), o),
  };
}

const maxKept = 64;

async function load(
  files: Files,
  step: Extract<Step, { kind: "update" }>,
  o: Options,
): Promise<Loaded> {
  try {
    const name = await files.timestamp(step, o);
    const snapshot = name === undefined ? undefined : await files.snapshot(name, o);
    if (snapshot === undefined)
      return { kind: "lost", detail: "the server does not have its files any more" };
    const { meta } = snapshot.signed;
    const rootMeta = meta.get(rootRole);
    const root = rootMeta && (await files.root(rootMeta.sha256, o));
    const found = await Promise.all(
      [...meta]
        .filter(([role]) => isTargetsRole(role))
        .map(async ([role, { sha256 }]) => {
          const file = await files.targets(role, sha256, o);
          return file === undefined ? [] : [[role, file] as const];
        }),
    );
    const targets = new Map(found.flat());
    if (targets.has(targetsRole)) return { kind: "there", state: { root, targets } };
    return { kind: "lost", detail: "the server does not have its targets any more" };
  } catch (error) {
    if (!(error instanceof TufError)) throw error;
    return { kind: "lost", detail: error.message };
  }
}
