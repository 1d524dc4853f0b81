import type { Command } from "commander";
import { z } from "zod";
import { readConfig } from "../config.ts";
import { CliError } from "../errors.ts";
import type { Cli } from "../program.ts";
import { examples } from "./example.ts";

const RenewOptions = z.object({ skipVersions: z.string().default("0") });

export function addRenew(trust: Command, cli: Cli): void {
  trust
    .command("renew")
    .description("on the server's machine: sign every timestamp and snapshot of its own anew")
    .option("--skip-versions <count>", "leave out so many versions, that clients may have seen (0)")
    .addHelpText("after", examples("trust renew --skip-versions 1000"))
    .action(async (options: unknown, command: Command) => {
      const { env, out, err } = cli.world;
      const config = readConfig(command.optsWithGlobals(), cli.world);
      const { skipVersions } = RenewOptions.parse(options);
      if (!/^(?:0|[1-9][0-9]{0,5})$/.test(skipVersions))
        throw new CliError("cli/usage", "--skip-versions takes a number from 0 to 999999");
      const { renewTrust } = await import("#apps/server");
      const o = { signal: new AbortController().signal };
      const { renewed, left } = await renewTrust({ env, skipVersions: Number(skipVersions) }, o);
      for (const gun of left) err(`warning: ${gun} was left as it is: see countersign status\n`);
      const count = `${renewed.length} ${renewed.length === 1 ? "repository" : "repositories"}`;
      if (config.format === "json") out(`${JSON.stringify({ renewed, left }, undefined, 2)}\n`);
      else out(config.quiet ? renewed.map((gun) => `${gun}\n`).join("") : `${count} signed anew\n`);
    });
}
