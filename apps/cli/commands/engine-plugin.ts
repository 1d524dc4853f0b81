import type { Command } from "commander";
import { resolve } from "node:path";
import { z } from "zod";
import type { Cli } from "../program.ts";
import { examples } from "./example.ts";

const Options = z.object({ config: z.string().default("/etc/countersign/node.toml") });

export function addEnginePlugin(program: Command, cli: Cli): void {
  program
    .command("engine-plugin")
    .description("on a node: answer its Docker engine and its runtime guard")
    .option("--config <file>", "TOML file (/etc/countersign/node.toml)")
    .addHelpText("after", examples("engine-plugin"))
    .action(async (options: unknown) => {
      const { config } = Options.parse(options);
      // Loaded here: no other command needs it, and each starts faster without it.
      const { runNode } = await import("#apps/engine-plugin");
      await runNode(resolve(cli.world.workingDirectory, config));
    });
}
