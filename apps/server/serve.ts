import { mkdir, rm } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { pino, type Logger } from "pino";
import { writeFileAtomically } from "#adapters/io";
import type { Options } from "#domain/kernel";
import { collectGarbageRegularly } from "./collect-garbage.ts";
import { printConfig, readConfig, type Config, type Environment } from "./config.ts";
import { keepFirstPassword } from "./first-password.ts";
import { keepTrustFresh } from "./keep-trust-fresh.ts";
import { listen, withPortsHeld } from "./listen.ts";
import type { Addresses } from "./questions.ts";
import { stopped } from "./stopped.ts";
import { wire, type App } from "./wire.ts";
import { watchWorkloads } from "./watch-workloads.ts";
import { startWorkers } from "./workers.ts";

export type ServeOptions = {
  readonly env: Environment;
  /** Print the configuration in force, and end. */
  readonly printConfig?: boolean;
};

const maxProcessesUnasked = 8;

/** Runs the server until SIGTERM or SIGINT, then drains and returns. Throws a `ServerError` or `HttpError` when it cannot start. */
export async function serve(options: ServeOptions): Promise<void> {
  const config = readConfig(options.env);
  if (options.printConfig === true) {
    process.stdout.write(printConfig(config));
    return;
  }
  const log = pino({ level: config.logLevel });
  const stop = new AbortController();
  const starting = { signal: stop.signal };
  for (const name of ["SIGTERM", "SIGINT"] as const)
    process.once(name, () => stop.abort(new Error(`stopped by ${name}`)));

  try {
    await run(config, log, starting);
  } catch (error) {
    // Told to stop before it had begun: what was under way broke off, and that is no fault.
    if (!stop.signal.aborted) throw error;
    log.debug({ event: "server.broke-off", err: error }, "stopped while starting");
  }
  log.info({ event: "server.stopped" }, "stopped");
}

async function run(config: Config, log: Logger, o: Options): Promise<void> {
  await mkdir(config.dataDirectory, { recursive: true, mode: 0o700 });
  const app = await wire(config, log, o);
  try {
    await writeFileAtomically(join(config.dataDirectory, "ca.pem"), app.caPem, o);
    const processes = config.processes || Math.min(availableParallelism(), maxProcessesUnasked);
    if (processes === 1) await serveAlone(app, config, log, o);
    else await serveWithWorkers(app, { config, processes, log }, o);
  } finally {
    await app.close();
  }
}

async function prepare(app: App, config: Config, log: Logger, o: Options): Promise<void> {
  await app.blobs.recover(o);
  await keepFirstPassword(app, config, log, o);
}

async function serveAlone(app: App, config: Config, log: Logger, o: Options): Promise<void> {
  const listening = await listen(app, config, log);
  try {
    // Only now: whoever holds the ports is the one process that may make the first admin.
    await prepare(app, config, log, o);
    app.declareReady();
    await untilStopped(listening.addresses, config, log, o, async () => {
      const collecting = collectGarbageRegularly(app, log, o);
      const keeping = keepTrustFresh(app, log, o);
      const watching = watchWorkloads(app, log, o);
      await stopped(o.signal);
      return async () =>
        void (await Promise.all([listening.close(), collecting, keeping, watching]));
    });
  } finally {
    await listening.close();
  }
}

/** This process does what must happen once, and hands connections to the workers, which do the rest. */
async function serveWithWorkers(
  app: App,
  { config, processes, log }: { config: Config; processes: number; log: Logger },
  o: Options,
): Promise<void> {
  await withPortsHeld(config, () => prepare(app, config, log, o));
  const workers = await startWorkers({ app, config, log, count: processes }, o);
  try {
    await untilStopped(workers.addresses, config, log, o, async () => {
      const collecting = collectGarbageRegularly(app, log, o);
      const keeping = keepTrustFresh(app, log, o, workers.learn);
      const watching = watchWorkloads(app, log, o);
      await Promise.race([stopped(o.signal), workers.failed]);
      return async () => void (await Promise.all([workers.stop(), collecting, keeping, watching]));
    });
  } finally {
    await workers.stop();
  }
}

/** Tells where we are while `work` runs, and no longer. What it returns ends the rest. */
async function untilStopped(
  addresses: Addresses,
  config: Config,
  log: Logger,
  o: Options,
  work: () => Promise<() => Promise<void>>,
): Promise<void> {
  const file = join(config.dataDirectory, "addresses.json");
  const found = { ...addresses, pid: process.pid };
  try {
    await writeFileAtomically(file, `${JSON.stringify(found)}\n`, o);
    log.info({ event: "server.started", host: config.host, ...found }, "ready");
    const finish = await work();
    log.info({ event: "server.stopping" }, "finishing what runs");
    await rm(file, { force: true });
    await finish();
  } finally {
    await rm(file, { force: true });
  }
}
