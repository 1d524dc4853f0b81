import { join } from "node:path";
import { dockerCredentials, type Credentials } from "#adapters/remotes";
import type { Options } from "#domain/kernel";
import type { World } from "../world.ts";

/** Whom `docker login` signed in at a host. */
export async function fromDocker(
  host: string,
  { env, homeDirectory }: World,
  o: Options,
): Promise<Credentials | undefined> {
  const directory = env["DOCKER_CONFIG"] || join(homeDirectory, ".docker");
  const inline = env["DOCKER_AUTH_CONFIG"] ?? "";
  return await dockerCredentials(host, { directory, env, inline }, o);
}
