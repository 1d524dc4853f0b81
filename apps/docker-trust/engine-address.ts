import { resolve } from "node:path";
import { EngineAddressError, findEngine, type FoundEngine } from "#adapters/docker";
import { saying } from "#apps/drop-in";
import { failure } from "./errors.ts";
import type { Session } from "./session.ts";

/** Where docker's engine listens: by docker's own flags, its variables, or the context in use. Throws `docker-trust/failed`. */
export async function engineOf({ globals, world, configDirectory }: Session): Promise<FoundEngine> {
  const path = (flag: string): string | undefined =>
    globals.text(flag) && resolve(world.workingDirectory, globals.text(flag));
  const flags = {
    host: globals.texts("host").at(-1),
    context: globals.text("context"),
    tls: globals.isSet("tls"),
    tlsVerify: globals.isSet("tlsverify"),
    ca: path("tlscacert"),
    certificate: path("tlscert"),
    key: path("tlskey"),
  };
  try {
    return await findEngine({ env: world.env, configDirectory, flags });
  } catch (error) {
    throw error instanceof EngineAddressError ? failure(sentence(error), error) : error;
  }
}

function sentence(error: EngineAddressError): string {
  switch (error.code) {
    case "docker/address-unusable":
      return `${error.message}: countersign sign signs what the registry has already`;
    case "docker/context-unknown":
      return `${error.message}: context not found`;
    case "docker/file-unreadable":
      return saying(error.cause);
  }
}
