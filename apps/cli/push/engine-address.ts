import { join } from "node:path";
import { EngineAddressError, findEngine, type EngineAddress } from "#adapters/docker";
import { CliError } from "../errors.ts";
import type { World } from "../world.ts";

/** The engine that docker would ask. Throws `cli/usage` for one that cannot be asked from here, `cli/file-unreadable`. */
export async function engineAddress({ env, homeDirectory }: World): Promise<EngineAddress> {
  const configDirectory = env["DOCKER_CONFIG"] || join(homeDirectory, ".docker");
  try {
    return (await findEngine({ env, configDirectory })).address;
  } catch (cause) {
    if (!(cause instanceof EngineAddressError)) throw cause;
    const code = cause.code === "docker/file-unreadable" ? "cli/file-unreadable" : "cli/usage";
    throw new CliError(code, cause.message, hints[cause.code], { cause });
  }
}

const hints: Readonly<Record<EngineAddressError["code"], string | undefined>> = {
  "docker/address-unusable": "docker save IMAGE | countersign push IMAGE --from docker-archive:-",
  "docker/context-unknown": "docker context ls shows those that are there; or set DOCKER_HOST",
  "docker/file-unreadable": undefined,
};
