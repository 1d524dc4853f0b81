import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { relative } from "node:path";
import { build } from "./build.ts";
import { chooseEngine, startEngine, tellHowToConnect, type EngineChoice } from "./engine.ts";
import { exclusively } from "./exclusively.ts";
import { say, tell, warn } from "./say.ts";
import { files, runningServer, startServer } from "./server.ts";
import { readSettings, Stop, type Settings } from "./settings.ts";
import { script } from "./script.ts";

await script(async () => {
  const settings = readSettings();
  mkdirSync(settings.data, { recursive: true, mode: 0o700 });
  await exclusively(settings.data, () => up(settings));
});

async function up(settings: Settings): Promise<void> {
  if (runningServer(settings.data) !== undefined) {
    if (settings.earlierHost !== undefined)
      throw new Stop(`it already runs as ${settings.earlierHost}; run make down before HOST=…`);
    say("Countersign already runs.");
    if (existsSync(files(settings.data).ca)) await revive(settings);
    return report(settings, undefined);
  }
  if (settings.earlierHost !== undefined) warnOfNewHost(settings.earlierHost, settings.host);
  build();
  const engine = await chooseEngine(settings);
  if (engine.kind === "found") say(`using the Docker engine at ${engine.address}`);
  say("starting the server");
  await startServer(settings, engine);
  if (engine.kind === "private") {
    say("starting a private Docker engine");
    await startEngine(settings, readFileSync(files(settings.data).ca, "utf8"));
  }
  report(settings, engine);
}

/** A second `make up` starts a private engine that died meanwhile. */
async function revive(settings: Settings): Promise<void> {
  const engine = await chooseEngine(settings);
  if (engine.kind === "private")
    await startEngine(settings, readFileSync(files(settings.data).ca, "utf8"));
}

function warnOfNewHost(earlier: string, host: string): void {
  warn(
    `the registry was ${earlier} and becomes ${host}. The host is part of every signed name: ` +
      `images signed as ${earlier}/… are unsigned as ${host}/…, client bundles made before ` +
      `point to the old address, and whoever is signed in signs in again. ` +
      `HOST=${earlier} make up goes back.`,
  );
}

function report(settings: Settings, engine: EngineChoice | undefined): void {
  const { ca, firstPassword } = files(settings.data);
  say();
  say(`  web UI       https://${settings.host}`);
  if (existsSync(firstPassword)) {
    const password = readFileSync(firstPassword, "utf8").trim();
    rmSync(firstPassword);
    say(`  sign in      admin, password ${password}`);
    say("               (shown this once: change or keep it)");
  }
  say(`  registry     ${settings.host}`);
  say(`  DOCKER_HOST  tcp://${settings.gatewayHost} (with a client bundle)`);
  say(`  CA           ${relative(process.cwd(), ca) || ca}`);
  say("  next         make demo, make logs, make down");
  if (engine?.kind === "none") {
    say();
    tellHowToConnect();
  }
  const isLocal = /^(localhost|127\.)/.test(settings.host);
  if (engine?.kind === "found" && !isLocal)
    tell(
      `The engine must trust the CA: copy it to /etc/docker/certs.d/${settings.host}/ca.crt there.`,
    );
}
