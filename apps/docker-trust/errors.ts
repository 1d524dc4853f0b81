import { CommandError } from "#apps/drop-in";

export type DockerTrustErrorCode =
  /** The command was not understood: exit code 1, with its usage. */
  | "docker-trust/usage"
  /** A flag was not understood: exit code 125, with the usage. */
  | "docker-trust/flag"
  | "docker-trust/failed"
  /** Somebody was asked and said no: nothing is done and nothing more is said. */
  | "docker-trust/declined";

/** A command that cannot go on. The message is what stands on stderr. */
export class DockerTrustError extends CommandError<DockerTrustErrorCode> {}

export function failure(message: string, cause?: unknown): DockerTrustError {
  return new DockerTrustError("docker-trust/failed", message, { cause });
}
