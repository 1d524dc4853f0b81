import type { Command } from "commander";
import { readConfig } from "../config.ts";
import {
  findProgram,
  installPlugin,
  pluginFile,
  seenBy,
  stateOf,
  uninstallPlugin,
  type Seen,
} from "../docker-plugin.ts";
import { CliError } from "../errors.ts";
import type { Cli } from "../program.ts";
import { confirm, printed } from "../session.ts";
import { examples } from "./example.ts";

type PluginOptions = { readonly system?: boolean };

export function addDockerPlugin(program: Command, cli: Cli): void {
  const plugin = program
    .command("docker-plugin")
    .description("give docker its trust commands back, which 29 and later lack");
  plugin
    .command("install")
    .description("put docker-trust where docker looks for its plugins")
    .option("--system", "for everybody on this machine")
    .addHelpText(
      "after",
      examples("docker-plugin install", "docker-plugin install --system") +
        "\nNo server is needed. Docker up to 28 has docker trust built in and keeps using\n" +
        "its own.\n",
    )
    .action(async (options: PluginOptions, command: Command) => {
      const { world } = cli;
      const config = readConfig(command.optsWithGlobals(), world);
      const file = pluginFile(world, options);
      const program = await findProgram();
      if ((await stateOf(file)) === "foreign")
        await confirm(`${file} is not ours. Replace it?`, config, world);
      await installPlugin(file, program);
      const seen = await seenBy(world, file);
      const json = { file, docker: seen };
      const text = `docker-trust is installed: ${file}\n`;
      world.out(printed({ json, ids: [file], text }, config));
      const remark = remarkOf(seen);
      if (remark !== undefined) world.err(remark);
    });
  plugin
    .command("uninstall")
    .description("take docker-trust away again; keys and trust data stay")
    .option("--system", "the one for everybody on this machine")
    .addHelpText("after", examples("docker-plugin uninstall"))
    .action(async (options: PluginOptions, command: Command) => {
      const { world } = cli;
      const config = readConfig(command.optsWithGlobals(), world);
      const file = pluginFile(world, options);
      const state = await stateOf(file);
      if (state === "foreign")
        throw new CliError("cli/file-in-the-way", `${file} is not ours`, "it is left as it is");
      if (state === "ours") await uninstallPlugin(file);
      const text = state === "ours" ? `removed: ${file}\n` : `not there: ${file}\n`;
      world.out(printed({ json: { file, removed: state === "ours" }, ids: [file], text }, config));
    });
}

function remarkOf(seen: Seen): string | undefined {
  switch (seen) {
    case "runs":
      return undefined;
    case "built-in":
      return "this docker has docker trust built in, and uses that until it is 29 or newer\n";
    case "no-docker":
      return "warning: there is no docker in PATH to run it\n";
    case "not-found":
      return "warning: docker does not find it: compare DOCKER_CONFIG, and docker info\n";
  }
}
