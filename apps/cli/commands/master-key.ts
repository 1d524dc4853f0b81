import type { MasterKeyStep } from "#apps/server";
import type { Command } from "commander";
import { readConfig } from "../config.ts";
import type { Cli } from "../program.ts";
import { table, yesNo } from "../text.ts";
import { examples } from "./example.ts";

export function addMasterKey(program: Command, cli: Cli): void {
  const masterKey = program
    .command("master-key")
    .description("the key that the server's own keys are sealed under, on its machine");
  masterKey
    .command("rotate")
    .description("make a new master key and seal every key under it; the server may run")
    .addHelpText("after", examples("master-key rotate"))
    .action(async (_options: unknown, command: Command) => {
      const { env, err, out } = cli.world;
      const { format, quiet } = readConfig(command.optsWithGlobals(), cli.world);
      const { rotateMasterKey } = await import("#apps/server");
      const told = (step: MasterKeyStep): void => err(`${wordsFor(step)}\n`);
      const done = await rotateMasterKey({ env, told }, neverStopped());
      if (format === "json") out(`${JSON.stringify(done, undefined, 2)}\n`);
      else if (quiet) out(`${done.id}\n`);
      else out(outcome(done));
    });
  masterKey
    .command("show")
    .description("which master keys seal how many keys, and whether they are here")
    .addHelpText("after", examples("master-key show"))
    .action(async (_options: unknown, command: Command) => {
      const { format, quiet } = readConfig(command.optsWithGlobals(), cli.world);
      const { showMasterKeys } = await import("#apps/server");
      const shown = await showMasterKeys(cli.world.env, neverStopped());
      const rows = shown.masterKeys.map(({ id, keys, isChosen, isHere }) => [
        id || "(sealed before ids)",
        String(keys),
        yesNo(isChosen),
        yesNo(isHere),
      ]);
      if (format === "json") cli.world.out(`${JSON.stringify(shown, undefined, 2)}\n`);
      else if (quiet) cli.world.out(shown.masterKeys.map(({ id }) => `${id}\n`).join(""));
      else cli.world.out(table(["MASTER KEY", "KEYS", "SEALS NEW ONES", "HERE"], rows));
    });
}

/** It is safe to kill: nothing has to be finished first. */
function neverStopped(): { readonly signal: AbortSignal } {
  return { signal: new AbortController().signal };
}

function wordsFor(step: MasterKeyStep): string {
  switch (step.kind) {
    case "made":
      return `the new master key is in ${step.file}`;
    case "chosen":
      return "new keys are sealed under it from now on";
    case "resealed":
      return `${step.keys} keys are sealed under it`;
    case "verified":
      return `${step.keys} keys were opened again with it alone`;
    case "kept-previous":
      return `the old one is kept in ${step.file}`;
    case "moved":
      return `the new one is in ${step.file}`;
  }
}

function outcome(done: {
  readonly keys: number;
  readonly file: string;
  readonly oldFile: string | undefined;
  readonly mustConfigure: boolean;
}): string {
  const old = done.oldFile ?? "the one in the environment";
  const first = `every key (${done.keys}) is sealed under the master key in ${done.file}\n`;
  const configure = `set masterKeyFile to ${done.file}, unset nextMasterKeyFile and restart; then\n`;
  return (
    `${first}${done.mustConfigure ? configure : ""}` +
    `back up the new one, and destroy the old one: ${old}\n`
  );
}
