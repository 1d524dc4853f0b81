import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { pino, type Logger } from "pino";
import { writeFileAtomically } from "#adapters/io";
import type { Options } from "#domain/kernel";
import { serveHttp } from "#faces/http";
import { printConfig, readConfig, type Config, type Environment } from "./config.ts";
import { keepTrustFresh } from "./keep-trust-fresh.ts";
import { pauseWithJitter } from "./pause.ts";
import { wire, type App } from "./wire.ts";

export type ServeOptions = {
  readonly env: Environment;
  /** Print the configuration in force, and end. */
  readonly printConfig?: boolean;
};

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

  await mkdir(config.dataDirectory, { recursive: true, mode: 0o700 });
  const app = await wire(config, log, starting);
  try {
    await run(app, config, log, starting);
  } finally {
    await app.close();
  }
}

async function run(app: App, config: Config, log: Logger, o: Options): Promise<void> {
  await writeFileAtomically(join(config.dataDirectory, "ca.pem"), app.caPem, o);
  const server = await serveHttp(
    { faces: app.faces, tls: app.tls, log, drainSeconds: config.drainSeconds },
    config.listen,
  );
  try {
    const gateway = await app.gateway.listen(config.gatewayListen.host, config.gatewayListen.port);
    // Only now: whoever holds the ports is the one process that may make the first admin.
    await keepFirstPassword(app, config, log, o);
    const addresses = join(config.dataDirectory, "addresses.json");
    const ui = `https://${server.host}:${server.port}`;
    const found = { ui, gateway: `tcp://${gateway.host}:${gateway.port}`, pid: process.pid };
    await writeFileAtomically(addresses, `${JSON.stringify(found)}\n`, o);
    app.declareReady();
    log.info({ event: "server.started", host: config.host, ...found }, "ready");
    const collecting = collectGarbageRegularly(app, log, o);
    const keeping = keepTrustFresh(app, log, o);
    await stopped(o.signal);
    log.info({ event: "server.stopping" }, "finishing what runs");
    await rm(addresses, { force: true });
    await Promise.all([app.gateway.close(), collecting, keeping]);
  } finally {
    await server.close();
  }
  log.info({ event: "server.stopped" }, "stopped");
}

/** The first admin's password goes to a file that only we may read, once; it is stored nowhere else. */
async function keepFirstPassword(app: App, config: Config, log: Logger, o: Options): Promise<void> {
  const file = config.firstPasswordFile || join(config.dataDirectory, "first-admin-password");
  await app.accounts.ensureFirstAdmin(async ({ username, password }) => {
    await writeFileAtomically(file, `${password}\n`, { ...o, mode: 0o600 });
    const told = "the first admin's password is in this file";
    log.info({ event: "server.first-admin", username, file }, told);
  }, o);
}

const garbageIntervalMs = 3_600_000;

async function collectGarbageRegularly(app: App, log: Logger, { signal }: Options): Promise<void> {
  while (!signal.aborted) {
    try {
      const garbage = await app.registry.collectGarbage({ signal });
      if (garbage.removedBlobs > 0)
        log.info({ event: "registry.garbage", ...garbage }, "garbage collected");
    } catch (error) {
      if (!signal.aborted)
        log.error({ event: "registry.garbage-failed", err: error }, "garbage collection failed");
    }
    await pauseWithJitter(garbageIntervalMs, { signal });
  }
}

function stopped(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
