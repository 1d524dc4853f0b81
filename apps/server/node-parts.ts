import { readFile } from "node:fs/promises";
import { pemKeyReader } from "#adapters/pki";
import type { Clock } from "#domain/kernel";
import type { RegistryHost } from "#domain/oci";
import { secretHeader } from "#faces/engine-plugin";
import type { Face } from "#faces/http";
import { nodesFace } from "#faces/nodes";
import type { AccountsService } from "#services/accounts";
import type { Gatekeeper } from "#services/gatekeeper";
import type { Config } from "./config.ts";
import { ServerError } from "./errors.ts";
import { mayReadAbout } from "./gateway-parts.ts";

/** What a guarded engine knows the gateway's calls by. Throws `server/config-invalid`. */
export async function engineHeaders(
  config: Pick<Config, "engineSecretFile">,
): Promise<Readonly<Record<string, string>>> {
  const { engineSecretFile: file } = config;
  if (file === "") return {};
  try {
    return { [secretHeader]: (await readFile(file, "utf8")).trim() };
  } catch (cause) {
    throw new ServerError("server/config-invalid", `${file} cannot be read`, { cause });
  }
}

/** The gatekeeper as nodes ask it. They tell what they refused; what they merely ask is not kept. */
export function faceForNodes(parts: {
  readonly gatekeeper: Gatekeeper;
  readonly accounts: AccountsService;
  readonly registryHost: RegistryHost;
  readonly clock: Clock;
}): Face {
  const { gatekeeper, accounts, registryHost } = parts;
  const sight = { accounts, host: registryHost };
  return nodesFace({
    ...parts,
    keys: pemKeyReader,
    async judge(by, { image, localDigests }, o) {
      const named = { image, ...(localDigests === undefined ? {} : { localDigests }) };
      const judgement = await gatekeeper.consider(named, o);
      const isHidden =
        judgement.kind === "refuse" && !(await mayReadAbout({ by, ...named }, sight, o));
      return isHidden ? { kind: "refuse", message: hidden(image) } : judgement;
    },
    async report(by, { localDigests, ...refusal }, o) {
      const known = localDigests === undefined ? {} : { localDigests };
      await gatekeeper.report({ by, ...refusal, ...known }, o);
    },
  });
}

function hidden(image: string): string {
  return (
    `${image} is refused; this node's account may not read why. ` +
    "Whoever may read the repository asks: countersign why <image>"
  );
}
