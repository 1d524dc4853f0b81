import type { KeyInQuestion, Passphrases } from "#services/signer";
import type { World } from "#apps/drop-in";

const variables: ReadonlyMap<string, string> = new Map([
  ["root", "NOTARY_ROOT_PASSPHRASE"],
  ["targets", "NOTARY_TARGETS_PASSPHRASE"],
  ["snapshot", "NOTARY_SNAPSHOT_PASSPHRASE"],
]);
const delegationVariable = "NOTARY_DELEGATION_PASSPHRASE";
const baseRoles = new Set(["root", "targets", "snapshot", "timestamp"]);
const leastCharacters = 8;
/** A variable that was wrong twice is not tried again. */
const maxFromVariable = 2;

const aboutRoot = `This is the first root key that is made here: it speaks for every collection that begins with
it, and nobody can replace it for you. Choose a long passphrase, and keep both it and a
copy of the key in a safe place, away from this machine.
`;

/** Passphrases from the environment, else from the terminal; each role is asked once. */
export function createPassphrases(world: World): Passphrases {
  const remembered = new Map<string, string>();
  const fromEnvironment = (role: string): string | undefined => {
    const own = variables.get(role);
    const value = own === undefined ? undefined : world.env[own];
    return value || (baseRoles.has(role) ? undefined : world.env[delegationVariable]) || undefined;
  };
  const ask = async (question: string): Promise<string | undefined> => {
    world.out(question);
    const answer = await world.input.secret();
    world.out("\n");
    return answer;
  };
  let hasWarned = false;
  return {
    async existing(key, attempt) {
      const given = fromEnvironment(key.role);
      if (given !== undefined) return attempt < maxFromVariable ? given : undefined;
      const known = remembered.get(key.role);
      if (attempt === 0 && known !== undefined) return known;
      if (!world.input.isTerminal) return undefined;
      if (attempt > 0) world.out("Passphrase incorrect. Please retry.\n");
      const answer = await ask(`Enter passphrase for ${nameOf(key)}: `);
      if (answer !== undefined) remembered.set(key.role, answer);
      return answer;
    },
    async fresh(key, attempt) {
      const given = fromEnvironment(key.role);
      if (given !== undefined) return attempt < maxFromVariable ? given : undefined;
      if (!world.input.isTerminal) return undefined;
      if (key.role === "root" && !hasWarned) world.out(aboutRoot);
      hasWarned = true;
      const first = await ask(`Enter passphrase for new ${nameOf(key)}: `);
      if (first === undefined) return undefined;
      if (first.length < leastCharacters) {
        world.out(
          `Passphrase is too short: it takes ${leastCharacters} characters or more. Please retry.\n`,
        );
        return undefined;
      }
      const second = await ask(`Repeat passphrase for new ${nameOf(key)}: `);
      if (second !== first) {
        world.out("Passphrases do not match. Please retry.\n");
        return undefined;
      }
      remembered.set(key.role, first);
      return first;
    },
  };
}

function nameOf({ role, id }: KeyInQuestion): string {
  return id === undefined ? `${role} key` : `${role} key with ID ${id.slice(0, 7)}`;
}
