import { isUnreachable, watchServer } from "#adapters/remotes";
import type { Gun } from "#domain/oci";
import type { OpenRepository, VerifiedRole } from "#domain/tuf";
import { createReader } from "#services/reader";
import {
  forPeople,
  logLine,
  readingSentence,
  sentenceOf,
  unreachableWords,
  type World,
} from "#apps/drop-in";
import { acceptFirst } from "./accept-first.ts";
import { failure } from "./errors.ts";
import { connect, hostOf } from "./server.ts";
import type { Session } from "./session.ts";

/**
 * The verified trust data of a collection. Where the server does not answer, what is kept stands in as long as
 * it is not expired, and a warning says so. Throws `notary/failed`.
 */
export async function readCollection(session: Session, gun: Gun): Promise<OpenRepository> {
  const { world, config, directory } = session;
  const { server, lastFault } = watchServer(await connect(world, config, "pull"));
  try {
    const reader = createReader({
      source: server,
      memory: directory.memory,
      cache: directory.cache,
      clock: world.clock,
      maxStaleMs: Number.MAX_SAFE_INTEGER,
      acceptFirst: acceptFirst(config.pinning),
    });
    const { reading, open } = await reader.open(gun, session);
    const fault = lastFault();
    if (isUnreachable(fault))
      logLine(world, "error", `could not reach ${config.server}: ${unreachableWords(fault)}`);
    if (reading.kind === "verified" && open !== undefined) {
      if (reading.asOf !== undefined)
        logLine(
          world,
          "warning",
          "Error while downloading remote metadata, using cached timestamp - this might not be the latest version available remotely",
        );
      warnOf(world, reading.roles, open);
      return open;
    }
    const about = { host: hostOf(config.server), gun };
    if (reading.kind === "unavailable" && fault !== undefined)
      throw failure(sentenceOf(fault, about), fault);
    throw failure(readingSentence(reading, about));
  } finally {
    await server.close();
  }
}

/** A delegation that may not be believed makes the rest no worse. */
function warnOf(world: World, roles: readonly VerifiedRole[], open: OpenRepository): void {
  for (const { name, state } of roles) {
    if (state.kind === "tampered")
      logLine(world, "warning", `Error getting ${name}: ${state.detail}`);
    if (state.kind === "expired") {
      const when = forPeople(state.expiredAt);
      logLine(world, "warning", `Error getting ${name}: ${name} expired at ${when}`);
    }
  }
  for (const file of open.targets.values())
    for (const { name, keys, threshold } of file.signed.delegations)
      if (keys.size < threshold)
        logLine(
          world,
          "warning",
          `role ${name} has fewer keys than its threshold of ${threshold}; it will not be usable until keys are added to it`,
        );
}
