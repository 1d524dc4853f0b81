import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "#apps/cli";
import type { FixtureServer } from "./fixture-server.ts";

export type Ran = { readonly exitCode: number; readonly out: string; readonly err: string };
type How = {
  readonly env?: Readonly<Record<string, string>>;
  /** What a person types, answer by answer; without it there is no terminal. */
  readonly typed?: readonly string[];
  readonly input?: string;
};
export type CommandLine = AsyncDisposable & {
  readonly directory: string;
  readonly run: (args: readonly string[], how?: How) => Promise<Ran>;
};

/** Runs commands in a directory of their own against a fixture. */
export async function commandLine(server: FixtureServer): Promise<CommandLine> {
  const directory = await mkdtemp(join(tmpdir(), "countersign-cli-"));
  const ca = join(directory, "server-ca.pem");
  await writeFile(ca, server.ca);
  return {
    directory,
    run: async (args, how = {}) => {
      let out = "";
      let err = "";
      const typed = [...(how.typed ?? [])];
      const answer = (question: string): Promise<string> => {
        err += `${question}\n`;
        return Promise.resolve(typed.shift() ?? "");
      };
      const exitCode = await run(args, {
        env: { COUNTERSIGN_SERVER: server.address, COUNTERSIGN_CA: ca, ...how.env },
        workingDirectory: directory,
        homeDirectory: directory,
        clock: () => 1_800_000_000_000,
        out: (text) => (out += text),
        err: (text) => (err += text),
        terminal: {
          canAsk: how.typed !== undefined,
          takesColour: false,
          ask: answer,
          askSecret: answer,
          readInput: () => Promise.resolve(how.input ?? ""),
        },
      });
      return { exitCode, out, err };
    },
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  };
}
