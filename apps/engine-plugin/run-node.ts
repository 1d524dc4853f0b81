import { createPrivateKey, randomBytes } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { pino, type Logger } from "pino";
import { createEngine } from "#adapters/docker";
import type { Clock } from "#domain/kernel";
import { listenOnNode, secretHeader, storedContainers } from "#faces/engine-plugin";
import { openNodeVerdicts } from "#services/node-verdicts";
import { readNodeConfig, readNodeFile, type NodeConfig } from "./config.ts";
import { keptFile } from "./kept-file.ts";
import { verdictServer } from "./verdict-server.ts";

const upkeepMs = 2_000;

/** Answers this node's engine and guard until it is told to end. */
export async function runNode(configFile: string): Promise<void> {
  const log = pino({ base: null });
  const ending = new AbortController();
  for (const name of ["SIGTERM", "SIGINT"] as const)
    process.once(name, () => ending.abort(new Error(name)));
  const node = await startNode(readNodeConfig(configFile), log, ending.signal);
  log.info({ event: "node.ready" }, "the engine and the guard are answered");
  await node.ended;
}

/** Connects every part and begins to answer; `ended` once `signal` has fired and all is saved. */
async function startNode(
  config: NodeConfig,
  log: Logger,
  signal: AbortSignal,
): Promise<{ readonly ended: Promise<void> }> {
  const clock: Clock = () => Date.now();
  const ownSecret = randomBytes(32).toString("hex");
  const engine = createEngine({
    socketPath: config.engineSocket,
    headers: { [secretHeader]: ownSecret },
  });
  const server = verdictServer({
    server: config.server,
    registry: config.registry,
    ca: config.caFile === undefined ? undefined : readNodeFile(config.caFile),
    key: createPrivateKey(readNodeFile(config.keyFile)),
    clock,
  });
  const verdicts = await openNodeVerdicts(
    {
      server,
      store: keptFile(config.stateDirectory),
      clock,
      stalenessMs: config.stalenessSeconds * 1_000,
      askMs: config.askSeconds * 1_000,
    },
    { signal },
  );
  const { gatewaySecretFile } = config;
  const listening = await listenOnNode({
    engine,
    verdicts,
    containers: storedContainers(config.engineData),
    settings: {
      local: config.local,
      allowBuilds: config.allowBuilds,
      runtime: config.runtime,
      ownSecret,
      gatewaySecret:
        gatewaySecretFile === undefined ? undefined : readNodeFile(gatewaySecretFile).trim(),
    },
    pluginSocket: config.pluginSocket,
    guardSocket: config.guardSocket,
    log,
  });
  let lastTrouble = "";
  const keepUp = async (limit: AbortSignal): Promise<void> => {
    try {
      await verdicts.upkeep({ signal: limit });
      lastTrouble = "";
    } catch (error) {
      const trouble = error instanceof Error ? error.message : String(error);
      // Every two seconds: what stays the same is said once.
      if (trouble !== lastTrouble)
        log.warn({ event: "node.upkeep-failed", trouble }, "upkeep failed");
      lastTrouble = trouble;
    }
  };
  const run = async (): Promise<void> => {
    while (!signal.aborted) {
      await keepUp(AbortSignal.timeout(30_000));
      await delay(upkeepMs, undefined, { signal }).catch(() => undefined); // the end is no failure
    }
    await listening.close();
    await keepUp(AbortSignal.timeout(2_000));
    server.close();
    engine.close();
  };
  return { ended: run() };
}
