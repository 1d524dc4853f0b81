import { InvalidArgumentError, Option, type Command } from "commander";
import { realpathSync } from "node:fs";
import { hostname } from "node:os";
import { z } from "zod";
import { readConfig } from "../config.ts";
import type { Cli } from "../program.ts";
import { confirm, printed } from "../session.ts";
import { examples } from "./example.ts";

const levels = ["view-only", "restricted-control", "full-control", "admin"] as const;
const seconds = (text: string): number => {
  if (!/^\d{1,7}$/.test(text)) throw new InvalidArgumentError("a number of seconds");
  return Number(text);
};
const InstallOptions = z.object({
  name: z.string().default(() => `node-${hostname().split(".")[0]?.toLowerCase() ?? "1"}`),
  engineSocket: z.string().default("/run/docker.sock"),
  engineData: z.string().default("/var/lib/docker"),
  runc: z.string().default("/usr/bin/runc"),
  staleness: z.number().default(3_600),
  local: z.enum(levels).default("restricted-control"),
  withGateway: z.boolean().default(false),
  root: z.string().default("/"),
});
const UninstallOptions = InstallOptions.pick({ root: true });

export function addNode(program: Command, cli: Cli): void {
  const node = program.command("node").description("guard the Docker engine of this machine");
  node
    .command("install")
    .description("put the engine plugin and the runtime guard in front of the engine")
    .option("--name <account>", "the node's account at the server (node-HOSTNAME)")
    .option("--engine-socket <path>", "where the engine listens (/run/docker.sock)")
    .option("--engine-data <path>", "the engine's data root (/var/lib/docker)")
    .option("--runc <path>", "the runtime behind the guard (/usr/bin/runc)")
    .option("--staleness <seconds>", "how long verdicts stand in for the server (3600)", seconds)
    .addOption(
      new Option(
        "--local <level>",
        "what calls that reach the engine directly may do (restricted-control)",
      ).choices([...levels]),
    )
    .option("--with-gateway", "this engine stands behind a gateway: make their shared secret")
    .addOption(new Option("--root <path>", "write below this folder").hideHelp())
    .addHelpText(
      "after",
      examples("node install", "node install --with-gateway --local view-only") +
        "\nAs root on the node, signed in as an admin. It shows what it will write and asks\n" +
        "first; the engine is not restarted.\n",
    )
    .action((options: unknown, command: Command) =>
      cli.act(command, async (session) => {
        const given = InstallOptions.parse(options);
        const { carryOut, enrol, planInstall } = await import("../node/install-node.ts");
        const { placesBelow } = await import("../node/places.ts");
        const places = placesBelow(given.root);
        const program = [process.execPath, realpathSync(process.argv[1] ?? "")];
        const { staleness: stalenessSeconds, ...rest } = given;
        const plan = await planInstall(session, places, { ...rest, stalenessSeconds, program });
        const files = plan.map(({ file }) => file);
        cli.world.err(`will write:\n${files.map((file) => `  ${file}\n`).join("")}`);
        await session.confirm(`Make the account ${given.name} at the server and write these?`);
        const key = plan.find(({ file }) => file === places.key)?.text ?? "";
        await enrol(session, given.name, key);
        await carryOut(plan);
        session.show({
          json: { node: given.name, files },
          ids: files,
          text: `this node is ${given.name}; nothing has been restarted\n`,
        });
        cli.world.err(
          "hint:  systemctl daemon-reload && systemctl enable --now countersign-node &&\n" +
            "       systemctl restart docker\n",
        );
        return undefined;
      }),
    );
  node
    .command("uninstall")
    .description("take the plugin and the guard away from the engine again")
    .addOption(new Option("--root <path>", "look below this folder").hideHelp())
    .addHelpText("after", examples("node uninstall"))
    .action(async (options: unknown, command: Command) => {
      const { root } = UninstallOptions.parse(options);
      const config = readConfig(command.optsWithGlobals(), cli.world);
      const { carryOut, planUninstall } = await import("../node/install-node.ts");
      const { placesBelow } = await import("../node/places.ts");
      const plan = await planUninstall(placesBelow(root));
      const files = plan.map(({ file }) => file);
      cli.world.err(`will change or remove:\n${files.map((file) => `  ${file}\n`).join("")}`);
      await confirm("Let everything run on this node again, signed or not?", config, cli.world);
      await carryOut(plan);
      const text = "the plugin and the guard are gone once the engine is restarted\n";
      cli.world.out(printed({ json: { files }, ids: files, text }, config));
      cli.world.err(
        "hint:  systemctl restart docker && systemctl disable --now countersign-node\n",
      );
    });
}
