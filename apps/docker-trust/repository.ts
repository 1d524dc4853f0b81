import { createRootCertifier } from "#adapters/pki";
import { watchServer, type TrustServerOptions } from "#adapters/remotes";
import { targetsRole, type OpenRepository } from "#domain/tuf";
import { createReader } from "#services/reader";
import { createSigner, SignerError, type Change } from "#services/signer";
import { logLine } from "#apps/drop-in";
import type { ImageName } from "./image-name.ts";
import { withOwnChanges } from "./own-changes.ts";
import { canonicalIds, delegationsOf } from "./released.ts";
import type { Session } from "./session.ts";
import { faultOf, readingFault } from "./trust-faults.ts";
import { connect, trustServerUrl } from "./trust-host.ts";

/** The trust data of one image's repository, as a command reads and changes it. All of it throws `TrustFault`. */
export type Repository = {
  /**
   * Its verified files; undefined where the server has none. Where the server does not answer, what is kept
   * stands in as long as it is not expired, and a warning says so.
   */
  find(): Promise<OpenRepository | undefined>;
  /** As `find`, for what has to be there. */
  read(): Promise<OpenRepository>;
  /** Begins the repository, here only: the first `publish` brings it to the server. */
  init(): Promise<void>;
  /** All of the changes, or none. */
  publish(changes: readonly Change[]): Promise<void>;
};

const stale =
  "Error while downloading remote metadata, using cached timestamp - this might not be the latest version available remotely";

/** Opens the repository of an image for as long as `act` takes. */
export async function inRepository<Value>(
  session: Session,
  image: ImageName,
  actions: TrustServerOptions["actions"],
  act: (repository: Repository) => Promise<Value>,
): Promise<Value> {
  const { world, directory } = session;
  const { gun } = image;
  const about = { gun, host: trustServerUrl(image, world).host };
  const connection = await connect(image, session, actions, session);
  const { server, lastFault } = watchServer(connection);
  const local = withOwnChanges(directory.local(gun));
  const reader = createReader({
    source: server,
    memory: directory.memory,
    cache: directory.cache,
    clock: world.clock,
    maxStaleMs: Number.MAX_SAFE_INTEGER,
  });
  const signer = createSigner({
    keys: directory.keys,
    local: () => local,
    reader,
    server,
    certifier: createRootCertifier(),
    clock: world.clock,
  });
  const inWords = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    try {
      return await work();
    } catch (error) {
      throw faultOf(error, about, lastFault());
    }
  };
  const locked = async (work: () => Promise<unknown>): Promise<void> => {
    await using _lock = await directory.lock(gun, session);
    await work();
  };
  let known: OpenRepository | undefined;
  const find = (): Promise<OpenRepository | undefined> =>
    inWords(async () => {
      const { reading, open } = await reader.open(gun, session);
      if (reading.kind === "absent") return undefined;
      if (reading.kind !== "verified" || open === undefined)
        throw readingFault(reading, about, lastFault());
      if (reading.asOf !== undefined) logLine(world, "warning", stale);
      for (const { name, state } of reading.roles)
        if (state.kind === "tampered")
          logLine(world, "warning", `Error getting ${name}: ${state.detail}`);
      return (known = open);
    });
  try {
    return await act({
      find,
      async read() {
        const open = await find();
        if (open === undefined) throw readingFault({ kind: "absent" }, about, undefined);
        return open;
      },
      init: () =>
        inWords(() => locked(() => signer.init(gun, { serverKeepsSnapshot: true }, session))),
      publish: (changes) =>
        inWords(() =>
          locked(async () => {
            await local.stage(changes, session);
            await signer.publish(gun, session).catch((error: unknown) => {
              throw lockedOut(error, known, changes);
            });
          }),
        ),
    });
  } finally {
    await server.close();
  }
}

/** A key that nobody could unlock is, for docker, one that is not there; which would do is said with it. */
function lockedOut(
  error: unknown,
  open: OpenRepository | undefined,
  [change]: readonly Change[],
): unknown {
  const isLocked = error instanceof SignerError && error.code === "signer/passphrase-wrong";
  if (!isLocked || open === undefined || change === undefined) return error;
  const isTarget = change.kind === "target-add" || change.kind === "target-remove";
  const role = isTarget ? change.role : targetsRole;
  const listed = delegationsOf(open).find(({ name }) => name === role) ?? open.root.signed.targets;
  const about = { role, keyIds: canonicalIds(listed), cause: error };
  return new SignerError("signer/key-missing", error.message, about);
}
