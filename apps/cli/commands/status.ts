import type { Status } from "#contracts";
import type { Command } from "commander";
import type { Cli } from "../program.ts";
import { fields, listed } from "../text.ts";
import { examples } from "./example.ts";

export function addStatus(program: Command, cli: Cli): void {
  program
    .command("status")
    .description("show the server, its engine and the policy in force")
    .addHelpText("after", examples("status", "status --format json"))
    .action((_options: unknown, command: Command) =>
      cli.act(command, async (session) => {
        const status = await session.client("status");
        const engine = [status.engine.state, status.engine.version, status.engine.detail];
        session.show({
          json: status,
          ids: [status.registryHost],
          text: fields([
            ["server", `${session.config.server} (${status.version})`],
            ["registry", status.registryHost],
            ["gateway", status.gateway],
            ["engine", engine.filter((part) => part !== undefined).join(" ")],
            ["policy", policyLine(status.policy)],
            ...(status.warnings ?? []).map((text) => ["warning", text] as const),
          ]),
        });
        return undefined;
      }),
    );
}

function policyLine({ mode, requiredTeams }: Status["policy"]): string {
  switch (mode) {
    case "off":
      return "off: every image may run";
    case "warn":
      return `warn: unsigned images run and are recorded; asks for ${asked(requiredTeams)}`;
    case "enforce":
      return `enforce: run only images signed by ${asked(requiredTeams)}`;
  }
}

const asked = (teams: readonly string[]): string =>
  teams.length === 0 ? "any active user" : listed(teams);
