import { askPassphrases, keyName, type World } from "#apps/drop-in";
import type { Passphrases } from "#services/signer";

/** So docker calls the keys that a repository has beside its signers'. */
const repositoryRoles: ReadonlySet<string> = new Set(["targets", "snapshot"]);

/** Passphrases from docker's variables, else from standard input, a terminal or not; each name is asked once. */
export function createPassphrases(world: World): Passphrases {
  return askPassphrases(world, {
    fromEnvironment(role) {
      const name = role === "root" ? "ROOT" : "REPOSITORY";
      return world.env[`DOCKER_CONTENT_TRUST_${name}_PASSPHRASE`] || undefined;
    },
    nameOf: ({ role, id }) => (id === undefined ? "encrypted key" : keyName(nameOf(role), id)),
    groupOf: ({ role, id }) => (id === undefined ? undefined : nameOf(role)),
    takesLines: true,
    beginning: "repository",
  });
}

function nameOf(role: string): string {
  return repositoryRoles.has(role) ? "repository" : role;
}
