import type { KeyInQuestion, Passphrases } from "#services/signer";
import type { World } from "./world.ts";

const leastCharacters = 8;
/** A variable that was wrong twice is not tried again. */
const maxFromVariable = 2;
/** So docker calls the keys that a repository has beside its signers'. */
const repositoryRoles: ReadonlySet<string> = new Set(["targets", "snapshot"]);

const aboutRoot = `This is the first root key that is made here: it speaks for every repository that begins with
it, and nobody can replace it for you. Choose a long passphrase, and keep both it and a
copy of the key in a safe place, away from this machine.
`;

/** Passphrases from docker's variables, else from standard input, a terminal or not; each name is asked once. */
export function createPassphrases(world: World): Passphrases {
  const remembered = new Map<string, string>();
  const fromEnvironment = (role: string): string | undefined => {
    const name = role === "root" ? "ROOT" : "REPOSITORY";
    return world.env[`DOCKER_CONTENT_TRUST_${name}_PASSPHRASE`] || undefined;
  };
  const ask = async (question: string): Promise<string | undefined> => {
    world.out(question);
    const { isTerminal } = world.input;
    const answer = await (isTerminal ? world.input.secret() : world.input.line());
    world.out("\n");
    return answer;
  };
  let hasWarned = false;
  return {
    async existing(key, attempt) {
      const given = fromEnvironment(key.role);
      if (given !== undefined) return attempt < maxFromVariable ? given : undefined;
      const name = nameOf(key);
      const known = remembered.get(name);
      if (attempt === 0 && known !== undefined) return known;
      if (attempt > 0) world.out("Passphrase incorrect. Please retry.\n");
      const kind = key.id === undefined ? "encrypted key" : withId(key);
      const answer = await ask(`Enter passphrase for ${kind}: `);
      if (answer !== undefined && key.id !== undefined) remembered.set(name, answer);
      return answer;
    },
    async fresh(key, attempt) {
      const given = fromEnvironment(key.role);
      if (given !== undefined) return attempt < maxFromVariable ? given : undefined;
      if (key.role === "root" && !hasWarned) world.out(aboutRoot);
      hasWarned ||= key.role === "root";
      const first = await ask(`Enter passphrase for new ${withId(key)}: `);
      if (first === undefined) return undefined;
      if (first.length < leastCharacters) {
        world.out(
          `Passphrase is too short: it takes ${leastCharacters} characters or more. Please retry.\n`,
        );
        return undefined;
      }
      const second = await ask(`Repeat passphrase for new ${withId(key)}: `);
      if (second !== first) {
        world.out("Passphrases do not match. Please retry.\n");
        return undefined;
      }
      remembered.set(nameOf(key), first);
      return first;
    },
  };
}

function withId(key: KeyInQuestion): string {
  const id = key.id === undefined ? "" : ` with ID ${key.id.slice(0, 7)}`;
  return `${nameOf(key)} key${id}`;
}

function nameOf({ role }: KeyInQuestion): string {
  return repositoryRoles.has(role) ? "repository" : role;
}
