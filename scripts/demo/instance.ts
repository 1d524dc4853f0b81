import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "../build.ts";
import { chooseEngine, startEngine, stopEngine, type EngineChoice } from "../engine.ts";
import { freePorts } from "./free-ports.ts";
import { say } from "../say.ts";
import { files, runningServer, startServer, stopServer } from "../server.ts";
import { readSettings, Stop, type Settings } from "../settings.ts";

/** The Countersign that the demo plays with. */
export type Instance = AsyncDisposable & {
  readonly settings: Settings;
  /** The engine is ours alone: the demo may make a swarm of it. */
  readonly isPrivate: boolean;
  /** Undefined where only its admin knows. */
  readonly adminPassword: string | undefined;
};

/** What `make up` has started, or an instance of its own that goes away with the demo. */
export async function findInstance(): Promise<Instance> {
  const settings = readSettings();
  if (existsSync(settings.data) && runningServer(settings.data) !== undefined) {
    say(`Playing with the Countersign that runs at https://${settings.host}.`);
    say("While it plays, the policy is the demo's own; it is put back at the end.");
    return {
      settings,
      isPrivate: existsSync(join(settings.data, "engine")),
      adminPassword: process.env["COUNTERSIGN_PASSWORD"] || undefined,
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
  }
  say("Nothing runs yet, so this plays with an instance of its own and removes it.");
  return await startOwn();
}

async function startOwn(): Promise<Instance> {
  build();
  const data = mkdtempSync(join(tmpdir(), "countersign-demo-"));
  const [port, gatewayPort] = await freePorts();
  const settings = readSettings({
    DATA: data,
    HOST: `localhost:${port}`,
    GATEWAY: `localhost:${gatewayPort}`,
    ENGINE: process.env["ENGINE"] ?? "",
  });
  const remove = async (): Promise<void> => {
    await stopServer(data);
    await stopEngine(settings);
    rmSync(data, { recursive: true, force: true });
  };
  try {
    const engine: EngineChoice = await chooseEngine(settings);
    if (engine.kind === "none")
      throw new Stop("the demo needs a Docker engine: ENGINE=unix:///path/docker.sock make demo");
    await startServer(settings, engine);
    const ca = readFileSync(files(data).ca, "utf8");
    if (engine.kind === "private") await startEngine(settings, ca);
    return {
      settings,
      isPrivate: engine.kind === "private",
      adminPassword: readFileSync(files(data).firstPassword, "utf8").trim(),
      [Symbol.asyncDispose]: remove,
    };
  } catch (error) {
    await remove();
    throw error;
  }
}
