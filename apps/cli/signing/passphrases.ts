import { resolve } from "node:path";
import type { KeyInQuestion, Passphrases } from "#services/signer";
import { firstLine, readNamedFile } from "../named-file.ts";
import type { World } from "../world.ts";

const baseRoles: ReadonlySet<string> = new Set(["root", "targets", "snapshot"]);
const leastCharacters = 8;

const aboutRoot = `This makes a root key. It speaks for every repository that begins with it, and nobody can
replace it for you: choose a long passphrase, and keep a copy of the key in a safe place.
`;

/**
 * Passphrases from the environment, one after the other, then from the terminal, where a key that was answered
 * for once is not asked about again. The order: for the role alone, for all keys, docker's, notary's.
 */
export function createPassphrases(world: World): Passphrases {
  const { terminal } = world;
  const remembered = new Map<string, string>();
  let given: ReturnType<typeof fromEnvironment> | undefined;
  let hasWarned = false;
  const candidates = async (role: string): Promise<readonly string[]> =>
    [...new Set((await (given ??= fromEnvironment(world)))(role))].slice(0, 4);
  return {
    async existing(key, attempt) {
      const known = await candidates(key.role);
      if (attempt < known.length) return known[attempt];
      if (!terminal.canAsk) return undefined;
      const before = remembered.get(nameOfRole(key.role));
      if (attempt === known.length && before !== undefined) return before;
      if (attempt > known.length) world.err("That is not its passphrase.\n");
      const answer = await terminal.askSecret(`Passphrase of ${nameOf(key)}: `);
      if (answer !== "") remembered.set(nameOfRole(key.role), answer);
      return answer === "" ? undefined : answer;
    },
    async fresh(key, attempt) {
      const [known] = await candidates(key.role);
      if (known !== undefined) return attempt === 0 ? known : undefined;
      if (!terminal.canAsk) return undefined;
      if (key.role === "root" && !hasWarned) world.err(aboutRoot);
      hasWarned ||= key.role === "root";
      const first = await terminal.askSecret(`New passphrase for ${nameOf(key)}: `);
      if (first.length < leastCharacters) {
        world.err(`A passphrase has at least ${leastCharacters} characters.\n`);
        return undefined;
      }
      if ((await terminal.askSecret("Once more: ")) !== first) {
        world.err("The two differ.\n");
        return undefined;
      }
      remembered.set(nameOfRole(key.role), first);
      return first;
    },
  };
}

/** All that the environment has for a role, the most particular first. */
async function fromEnvironment(world: World): Promise<(role: string) => readonly string[]> {
  const { env } = world;
  const files = new Map<string, string>();
  for (const name of ["", "ROOT_", "TARGETS_", "SNAPSHOT_", "DELEGATION_"]) {
    const file = env[`COUNTERSIGN_${name}PASSPHRASE_FILE`];
    if (!file) continue;
    const text = await readNamedFile(resolve(world.workingDirectory, file), "the passphrase file");
    files.set(name, firstLine(text));
  }
  return (role) => {
    const part = `${(baseRoles.has(role) ? role : "delegation").toUpperCase()}_`;
    const docker = role === "root" ? "ROOT" : "REPOSITORY";
    return [
      files.get(part),
      env[`COUNTERSIGN_${part}PASSPHRASE`],
      files.get(""),
      env["COUNTERSIGN_PASSPHRASE"],
      env[`DOCKER_CONTENT_TRUST_${docker}_PASSPHRASE`],
      env[`NOTARY_${part}PASSPHRASE`],
    ].filter((one): one is string => one !== undefined && one !== "");
  };
}

function nameOf({ role, id, gun }: KeyInQuestion): string {
  const where = gun === undefined ? "" : ` of ${gun}`;
  return `the ${nameOfRole(role)} key${id === undefined ? "" : ` ${id.slice(0, 7)}`}${where}`;
}

function nameOfRole(role: string): string {
  return role === "" ? "signing" : role;
}
