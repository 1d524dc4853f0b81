import { askPassphrases, keyName, type World } from "#apps/drop-in";
import type { Passphrases } from "#services/signer";

const variables: ReadonlyMap<string, string> = new Map([
  ["root", "NOTARY_ROOT_PASSPHRASE"],
  ["targets", "NOTARY_TARGETS_PASSPHRASE"],
  ["snapshot", "NOTARY_SNAPSHOT_PASSPHRASE"],
]);
const delegationVariable = "NOTARY_DELEGATION_PASSPHRASE";
const baseRoles: ReadonlySet<string> = new Set(["root", "targets", "snapshot", "timestamp"]);

/** Passphrases from the environment, else from the terminal; each role is asked once. */
export function createPassphrases(world: World): Passphrases {
  return askPassphrases(world, {
    fromEnvironment: (role) => fromEnvironment(role, world),
    nameOf: ({ role, id }) => keyName(role, id),
    groupOf: ({ role }) => role,
    takesLines: false,
    beginning: "collection",
  });
}

function fromEnvironment(role: string, { env }: World): string | undefined {
  const own = variables.get(role);
  const value = own === undefined ? undefined : env[own];
  return value || (baseRoles.has(role) ? undefined : env[delegationVariable]) || undefined;
}
