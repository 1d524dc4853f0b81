import { openTrustDirectory, type TrustDirectory } from "#adapters/trust-directory";
import type { Options } from "#domain/kernel";
import { parseCollectionName, type Gun } from "#domain/oci";
import { logLine, type World } from "#apps/drop-in";
import { readConfig, type Config } from "./config.ts";
import { failure, usage } from "./errors.ts";
import type { Invocation } from "./invocation.ts";
import { createPassphrases } from "./passphrases.ts";

/** What a command works with: the configuration and the trust directory. No server is asked yet. */
export type Session = Options & {
  readonly world: World;
  readonly config: Config;
  readonly directory: TrustDirectory;
};

export async function openSession(invocation: Invocation): Promise<Session> {
  const { world, signal } = invocation;
  const config = await readConfig(invocation);
  const directory = openTrustDirectory(config.trustDirectory, {
    passphrases: createPassphrases(world),
    clock: world.clock,
    onWarning: (warning) => logLine(world, "warning", `${warning.file}: ${warning.detail}`),
  });
  return { world, config, directory, signal };
}

/** The collection that a command is about by its first word, and a session. Throws `notary/failed`. */
export async function openCollection(
  invocation: Invocation,
): Promise<{ readonly gun: Gun; readonly session: Session }> {
  const [name] = invocation.args;
  if (name === undefined) throw usage("Must specify a GUN");
  const gun = collectionName(name);
  return { gun, session: await openSession(invocation) };
}

/** Reads the name of a collection. Throws `notary/failed`. */
export function collectionName(text: string): Gun {
  try {
    return parseCollectionName(text);
  } catch (error) {
    throw failure(`invalid GUN ${JSON.stringify(text)}: a name like registry.lab/acme/web`, error);
  }
}
