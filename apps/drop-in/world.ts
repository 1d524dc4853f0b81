import type { Clock } from "#domain/kernel";

/** Everything a command takes from the process it runs in. */
export type World = {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly workingDirectory: string;
  readonly homeDirectory: string;
  readonly clock: Clock;
  /** Results, questions and the final error, as the Notary client has it. */
  readonly out: (text: string | Uint8Array) => void;
  /** Warnings. */
  readonly err: (text: string) => void;
  readonly input: Input;
};

/** Standard input: one reader for lines, secrets and all of it, so that nothing typed ahead is lost. */
export interface Input {
  readonly isTerminal: boolean;
  /** The next line, from a terminal or not; undefined at the end. */
  line(): Promise<string | undefined>;
  /** As `line`, without showing what is typed; only on a terminal. */
  secret(): Promise<string | undefined>;
  all(): Promise<Uint8Array>;
  /** Lets go of it, so that the process can end. */
  close(): void;
}
