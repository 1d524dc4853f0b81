import type { KeyInQuestion, Passphrases } from "#services/signer";
import type { World } from "./world.ts";

/** How a command asks for passphrases where the environment has none. */
export type PassphraseQuestions = {
  readonly fromEnvironment: (role: string) => string | undefined;
  /** What a key is called: `targets key with ID 1234567`. */
  readonly nameOf: (key: KeyInQuestion) => string;
  /** What is asked once for all of them: keys that are likely to have one passphrase. Undefined: each is asked for. */
  readonly groupOf: (key: KeyInQuestion) => string | undefined;
  /** Whether an input that is no terminal answers too, a line each. */
  readonly takesLines: boolean;
  /** What begins with a root key: the Notary client has collections, docker repositories. */
  readonly beginning: "collection" | "repository";
};

const leastCharacters = 8;
/** A variable that was wrong twice is not tried again. */
const maxFromVariable = 2;

const aboutRoot = (beginning: string): string =>
  `This is the first root key that is made here: it speaks for every ${beginning} that begins with
it, and nobody can replace it for you. Choose a long passphrase, and keep both it and a
copy of the key in a safe place, away from this machine.
`;

/** Passphrases from the environment, else in the questions that the Go clients ask. */
export function askPassphrases(world: World, questions: PassphraseQuestions): Passphrases {
  const { fromEnvironment, nameOf, groupOf, takesLines } = questions;
  const remembered = new Map<string, string>();
  const remember = (group: string | undefined, answer: string | undefined): void => {
    if (group !== undefined && answer !== undefined) remembered.set(group, answer);
  };
  const canAsk = (): boolean => takesLines || world.input.isTerminal;
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
      const group = groupOf(key);
      const known = group === undefined ? undefined : remembered.get(group);
      if (attempt === 0 && known !== undefined) return known;
      if (!canAsk()) return undefined;
      if (attempt > 0) world.out("Passphrase incorrect. Please retry.\n");
      const answer = await ask(`Enter passphrase for ${nameOf(key)}: `);
      remember(group, answer);
      return answer;
    },
    async fresh(key, attempt) {
      const given = fromEnvironment(key.role);
      if (given !== undefined) return attempt < maxFromVariable ? given : undefined;
      if (!canAsk()) return undefined;
      if (key.role === "root" && !hasWarned) world.out(aboutRoot(questions.beginning));
      hasWarned ||= key.role === "root";
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
      remember(groupOf(key), first);
      return first;
    },
  };
}

/** `NAME key`, with the beginning of its id where that is known. */
export function keyName(name: string, id: string | undefined): string {
  return id === undefined ? `${name} key` : `${name} key with ID ${id.slice(0, 7)}`;
}
