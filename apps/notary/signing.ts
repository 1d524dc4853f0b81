import { createRootCertifier } from "#adapters/pki";
import { isUnreachable, watchServer, type TrustServerOptions } from "#adapters/remotes";
import type { Gun } from "#domain/oci";
import { rootRole } from "#domain/tuf";
import { createReader } from "#services/reader";
import { createSigner, type Signer } from "#services/signer";
import { logLine, sentenceOf, unreachableWords } from "#apps/drop-in";
import { acceptFirst } from "./accept-first.ts";
import { failure } from "./errors.ts";
import { connect, hostOf } from "./server.ts";
import type { Session } from "./session.ts";

/** Lets the signer of a collection do something. Errors become the Notary client's sentences. */
export async function withSigner<Value>(
  session: Session,
  gun: Gun,
  actions: TrustServerOptions["actions"],
  act: (signer: Signer) => Promise<Value>,
): Promise<Value> {
  const { world, config, directory } = session;
  const { server, lastFault } = watchServer(await connect(world, config, actions));
  try {
    await using _lock = await directory.lock(gun, session);
    const reader = createReader({
      source: server,
      memory: directory.memory,
      cache: directory.cache,
      clock: world.clock,
      acceptFirst: acceptFirst(config.pinning),
    });
    const signer = createSigner({
      keys: directory.keys,
      local: directory.local,
      reader,
      server,
      certifier: createRootCertifier(),
      clock: world.clock,
      earlierRoot: (of, version, o) => server.byVersion(of, rootRole, version, o),
    });
    return await act(signer);
  } catch (error) {
    const fault = lastFault();
    if (isUnreachable(fault))
      logLine(world, "error", `could not reach ${config.server}: ${unreachableWords(fault)}`);
    const isOffline = error instanceof Error && Reflect.get(error, "code") === "signer/offline";
    const shown = isOffline && fault !== undefined ? fault : error;
    throw failure(sentenceOf(shown, { host: hostOf(config.server), gun }), error);
  } finally {
    await server.close();
  }
}
