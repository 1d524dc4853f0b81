import { join, resolve } from "node:path";
import { openTrustDirectory, type TrustDirectory } from "#adapters/trust-directory";
import type { Options } from "#domain/kernel";
import { logLine } from "#apps/drop-in";
import { createPassphrases } from "./passphrases.ts";
import type { Invocation, World } from "./world.ts";

/** What a command works with: docker's configuration folder and the trust directory in it. No server is asked yet. */
export type Session = Options & {
  readonly world: World;
  readonly globals: Invocation["globals"];
  readonly configDirectory: string;
  readonly directory: TrustDirectory;
};

export function openSession({ world, globals, signal }: Invocation): Session {
  const { env, homeDirectory, workingDirectory } = world;
  const named = globals.text("config") || env["DOCKER_CONFIG"] || join(homeDirectory, ".docker");
  const configDirectory = resolve(workingDirectory, named);
  const directory = openTrustDirectory(join(configDirectory, "trust"), {
    passphrases: createPassphrases(world),
    clock: world.clock,
    onWarning: (warning) => logLine(world, "warning", `${warning.file}: ${warning.detail}`),
  });
  return { world, globals, configDirectory, directory, signal };
}
