import type { Clock } from "#domain/kernel";

/** Everything a command takes from the process it runs in. */
export type World = {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly workingDirectory: string;
  readonly homeDirectory: string;
  readonly clock: Clock;
  /** The result, and nothing else. */
  readonly out: (text: string) => void;
  /** Progress, warnings, questions, errors. */
  readonly err: (text: string) => void;
  readonly terminal: Terminal;
};

export interface Terminal {
  /** Whether a person can be asked. */
  readonly canAsk: boolean;
  /** Whether the result goes to a terminal that takes colour. */
  readonly takesColour: boolean;
  ask(question: string): Promise<string>;
  /** As `ask`, without showing what is typed. */
  askSecret(question: string): Promise<string>;
  /** All of standard input, for `--password-file -`. */
  readInput(): Promise<string>;
}
