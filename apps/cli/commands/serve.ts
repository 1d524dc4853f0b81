import { Option, type Command } from "commander";
import { resolve } from "node:path";
import { z } from "zod";
import type { Cli } from "../program.ts";
import { examples } from "./example.ts";

const ServeOptions = z.object({
  config: z.string().optional(),
  printConfig: z.boolean().default(false),
});

export function addServe(program: Command, cli: Cli): void {
  program
    .command("serve")
    .description("run the server: registry, trust server, gateway, REST API and web pages")
    .option("--config <file>", "TOML file (COUNTERSIGN_CONFIG)")
    .addOption(new Option("--print-config", "print the configuration in force, and end"))
    .addHelpText("after", examples("serve", "serve --config countersign.toml"))
    .action(async (options: unknown) => {
      const { config, printConfig } = ServeOptions.parse(options);
      // Loaded here: no other command needs the server, and each starts faster without it.
      const { serve } = await import("#apps/server");
      await serve({
        env: {
          ...cli.world.env,
          ...(config === undefined
            ? {}
            : { COUNTERSIGN_CONFIG: resolve(cli.world.workingDirectory, config) }),
        },
        printConfig,
      });
    });
}
