import type { Command } from "commander";
import { readConfig } from "../config.ts";
import type { Cli } from "../program.ts";
import { confirm } from "../session.ts";
import { moment } from "../text.ts";
import { examples } from "./example.ts";

export function addAcceptClock(trust: Command, cli: Cli): void {
  trust
    .command("accept-clock")
    .description("on the server's machine: take the clock as it is now for right")
    .addHelpText("after", examples("trust accept-clock"))
    .action(async (_options: unknown, command: Command) => {
      const { env, clock, out } = cli.world;
      const config = readConfig(command.optsWithGlobals(), cli.world);
      await confirm(`Is it ${moment(clock())} now?`, config, cli.world);
      const { acceptClock } = await import("#apps/server");
      const o = { signal: new AbortController().signal };
      const { before, now } = await acceptClock({ env, clock }, o);
      if (config.format === "json") out(`${JSON.stringify({ before, now }, undefined, 2)}\n`);
      else if (config.quiet) out(`${moment(now)}\n`);
      else
        out(
          before === 0
            ? `nothing was signed yet; what is signed from now on is no older than ${moment(now)}\n`
            : `the newest date signed counted as ${moment(before)}; from now on it is ${moment(now)}\n`,
        );
    });
}
