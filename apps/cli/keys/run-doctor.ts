import { keyFileFaults, type FileFault } from "#adapters/trust-directory";
import { ApiError } from "#contracts";
import { CodedError, type Options } from "#domain/kernel";
import type { Gun } from "#domain/oci";
import {
  decodeRoot,
  decodeSnapshot,
  decodeTargets,
  publicKeyFromPem,
  rootRole,
  snapshotRole,
  targetsRole,
  TufError,
  type OpenRepository,
  type RoleName,
  type Targets,
} from "#domain/tuf";
import {
  examineKeys,
  SignerError,
  type Diagnosis,
  type HeldKey,
  type RepositoryFacts,
} from "#services/signer";
import type { ExitCode, Session } from "../session.ts";
import { openSigning, type Signing } from "../signing/open-signing.ts";
import type { OpenDirectory } from "../signing/trust-directory.ts";
import type { TrustOptions } from "../signing/trust-options.ts";
import { doctorJson, doctorText, troublesOf } from "./doctor-text.ts";

export type Examined = Diagnosis & {
  readonly directory: string;
  readonly faults: readonly FileFault[];
  /** Repositories of which only what was last seen is known. */
  readonly stale: readonly string[];
  readonly unreadable: readonly string[];
  /** Why the keys of the configured token are not among them. */
  readonly tokenFault: string | undefined;
};

/** `countersign key doctor`: exit code 1 where something needs attention. */
export async function runDoctor(
  session: Session,
  how: TrustOptions & { readonly offline: boolean },
): Promise<ExitCode> {
  await using signing = await openSigning(session, how);
  const { directory } = signing;
  const { keys, tokenFault } = await heldKeys(directory, signing);
  const repositories: RepositoryFacts[] = [];
  const unreadable: string[] = [];
  const silent = new Set<string>();
  for (const gun of await directory.pins.repositories(signing)) {
    const fetched = how.offline ? undefined : await fetchedFacts(signing, gun, silent);
    const facts = fetched ?? (await keptFacts(directory, gun, signing.signal));
    if (facts === undefined) unreadable.push(gun);
    else repositories.push(facts);
  }
  const diagnosis = examineKeys({
    keys,
    repositories,
    backedUp: await directory.notes.backedUp(signing),
    revoked: how.offline ? new Set() : await revokedKeys(signing),
    now: session.world.clock(),
  });
  const examined: Examined = {
    ...diagnosis,
    directory: directory.path,
    faults: await keyFileFaults(directory.path, new Set(keys.map(({ id }) => id))),
    stale: repositories.filter(({ isCurrent }) => !isCurrent).map(({ gun }) => gun),
    unreadable,
    tokenFault,
  };
  const troubles = troublesOf(examined);
  session.show({
    json: doctorJson(examined, troubles),
    ids: keys.map(({ id }) => id),
    text: doctorText(examined, troubles),
  });
  return troubles.length === 0 ? 0 : 1;
}

/** Those of the directory in any case: a token may be somewhere else just now. */
async function heldKeys(
  { keys, kept }: OpenDirectory,
  o: Options,
): Promise<{ readonly keys: readonly HeldKey[]; readonly tokenFault: string | undefined }> {
  try {
    return { keys: await keys.list(o), tokenFault: undefined };
  } catch (error) {
    if (!(error instanceof SignerError) || error.code !== "signer/token-unusable") throw error;
    return { keys: await kept.list(o), tokenFault: error.message };
  }
}

/** Undefined where the server does not say; a host that did not answer once is not asked again. */
async function fetchedFacts(
  signing: Signing,
  gun: Gun,
  silent: Set<string>,
): Promise<RepositoryFacts | undefined> {
  const host = gun.split("/", 1)[0] ?? "";
  if (silent.has(host)) return undefined;
  try {
    const place = await signing.places.repository(gun);
    if (place.gun !== gun) return undefined;
    const { reading, open } = await signing.trust(place, "pull").reader.open(gun, signing);
    if (reading.kind === "unavailable") silent.add(host);
    return open === undefined ? undefined : factsOf(gun, open);
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    silent.add(host);
    return undefined;
  }
}

function factsOf(gun: Gun, open: OpenRepository): RepositoryFacts {
  const files = [...open.expired, ...open.targets, ...open.unsigned];
  return {
    gun,
    isCurrent: true,
    root: open.root.signed,
    snapshot: open.snapshot.signed,
    targets: new Map(files.map(([role, file]) => [role, file.signed])),
  };
}

/** What was last verified, as the clients keep it. It is read, not believed: nothing is signed by it. */
async function keptFacts(
  { local }: OpenDirectory,
  gun: Gun,
  signal: AbortSignal,
): Promise<RepositoryFacts | undefined> {
  const repository = local(gun);
  const file = async <Value>(
    role: RoleName,
    decode: (bytes: Uint8Array) => { readonly signed: Value },
  ): Promise<Value | undefined> => {
    try {
      const bytes = await repository.file(role, { signal });
      return bytes === undefined ? undefined : decode(bytes).signed;
    } catch (error) {
      if (error instanceof TufError) return undefined;
      throw error;
    }
  };
  const root = await file(rootRole, decodeRoot);
  if (root === undefined) return undefined;
  const targets = new Map<RoleName, Targets>();
  const queue: RoleName[] = [targetsRole];
  for (const role of queue) {
    const found = await file(role, (bytes) => decodeTargets(bytes, role));
    if (found === undefined) continue;
    targets.set(role, found);
    for (const { name } of found.delegations) if (!queue.includes(name)) queue.push(name);
  }
  const snapshot = await file(snapshotRole, decodeSnapshot);
  return { gun, isCurrent: false, root, targets, ...(snapshot === undefined ? {} : { snapshot }) };
}

/** Keys of whoever is signed in that the server does not count any more; none where it cannot be asked. */
async function revokedKeys({ account }: Signing): Promise<ReadonlySet<string>> {
  try {
    const client = await account.client();
    const listed = await client("listKeys", { params: { user: await account.name() } });
    return new Set(
      listed
        .filter(({ revokedAt }) => revokedAt !== undefined)
        .map(({ publicKey }) => publicKeyFromPem(publicKey).material.canonicalId),
    );
  } catch (error) {
    if (error instanceof ApiError || error instanceof CodedError) return new Set();
    throw error;
  }
}
