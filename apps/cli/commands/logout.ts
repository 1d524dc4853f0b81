import { ApiError } from "#contracts";
import type { Command } from "commander";
import { forgetCredential } from "../credentials.ts";
import type { Cli } from "../program.ts";
import { examples } from "./example.ts";

export function addLogout(program: Command, cli: Cli): void {
  program
    .command("logout")
    .description("end the session and forget it")
    .addHelpText("after", examples("logout"))
    .action((_options: unknown, command: Command) =>
      cli.act(command, async (session) => {
        const { server, credentialsFile } = session.config;
        try {
          if (session.credential !== undefined) await session.client("signOut");
        } catch (error) {
          // It ended already, or the server is away: forgetting it here is what is left to do.
          if (!(error instanceof ApiError) || ![0, 401].includes(error.status)) throw error;
        }
        await forgetCredential(credentialsFile, server);
        session.show({ json: { server }, ids: [], text: `signed out of ${server}\n` });
        return undefined;
      }),
    );
}
