import cluster, { type Worker } from "node:cluster";
import { extname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Logger } from "pino";
import type { Options } from "#domain/kernel";
import { mergeMetrics, metricsText, type Family } from "#faces/http";
import type { TrustWarning } from "#services/trust";
import { openChannel, type Channel } from "./channel.ts";
import type { Config } from "./config.ts";
import { ServerError } from "./errors.ts";
import { sentConfig, type Addresses, type ToFirst, type ToWorker } from "./questions.ts";
import type { App } from "./wire.ts";

export type Workers = {
  readonly addresses: Addresses;
  /** Tells all of them, and those to come, what upkeep found. */
  readonly learn: (found: readonly TrustWarning[]) => void;
  /** Rejects when workers die as fast as they are replaced. */
  readonly failed: Promise<never>;
  /** Lets each finish what it does; returns when none is left. */
  stop(): Promise<void>;
};

type Parts = {
  readonly app: App;
  readonly config: Config;
  readonly log: Logger;
  readonly count: number;
};
type Live = { readonly channel: Channel<ToWorker>; counted: readonly Family[] };

const maxDeathsAMinute = 10;
const longestPauseMs = 5_000;
const answerMs = 2_000;
const graceMs = 5_000;
/**
 * Room for what has just been made, in each of V8's two halves; it would take 16. Answers from memory leave
 * little behind, and more room costs tens of megabytes a worker.
 */
const youngMegabytes = 8;

/** Starts the processes that answer clients, and keeps as many running. Throws `server/worker-failed`. */
export async function startWorkers(parts: Parts, { signal }: Options): Promise<Workers> {
  const { app, config, log, count } = parts;
  const live = new Map<Worker, Live>();
  const failure = Promise.withResolvers<never>();
  failure.promise.catch(() => undefined); // heard by whoever races with it
  const stopping = new AbortController();
  let found: readonly TrustWarning[] = [];
  let gone: readonly Family[] = [];
  let deaths: readonly number[] = [];

  cluster.setupPrimary({
    exec: join(import.meta.dirname, `worker${extname(import.meta.filename)}`),
    args: [],
    execArgv: [...process.execArgv, `--max-semi-space-size=${youngMegabytes}`],
    serialization: "advanced",
  });

  async function everyMetric(): Promise<readonly Family[]> {
    const asked = [...live.values()].map(async (each) => {
      const late = delay(answerMs, each.counted, { ref: false });
      const answer = each.channel.ask("metrics", undefined).catch(() => each.counted);
      each.counted = await Promise.race([answer, late]);
      return each.counted;
    });
    const counted = await Promise.all(asked);
    return mergeMetrics([app.metrics.samples(), ...counted, gone]);
  }

  async function start(): Promise<Addresses> {
    const worker = cluster.fork();
    const channel = openChannel<ToWorker, ToFirst>(pipeOf(worker), {
      checkPassword: (credentials) => app.passwords.check(credentials, { signal: never }),
      metricsText: async () => metricsText(await everyMetric()),
    });
    const entry: Live = { channel, counted: [] };
    worker.on("error", (error) => log.debug({ err: error, pid: worker.process.pid }, "pipe"));
    worker.once("exit", (code, killedBy) => {
      channel.close();
      live.delete(worker);
      gone = mergeMetrics([gone, entry.counted.filter(({ kind }) => kind !== "gauge")]);
      if (!stopping.signal.aborted) onDeath({ worker: worker.process.pid, code, killedBy });
    });
    live.set(worker, entry);
    try {
      return await channel.ask("begin", { config: sentConfig(config), found });
    } catch (error) {
      worker.process.kill("SIGKILL"); // it is of no use; its end is noticed above
      throw error;
    }
  }

  function onDeath(of: {
    readonly worker: number | undefined;
    code: number;
    killedBy: string;
  }): void {
    log.error({ event: "server.worker-died", ...of }, "a process that serves has died");
    const now = performance.now();
    deaths = [...deaths.filter((at) => now - at < 60_000), now];
    if (deaths.length > maxDeathsAMinute) {
      const told = "the processes that serve die as fast as they are started: see the log";
      failure.reject(new ServerError("server/worker-failed", told));
    } else void replace(deaths.length);
  }

  async function replace(recent: number): Promise<void> {
    const pauseMs = recent < 2 ? 0 : Math.min(100 * 2 ** recent, longestPauseMs);
    try {
      await delay(pauseMs, undefined, { signal: stopping.signal });
      await start();
    } catch (error) {
      if (!stopping.signal.aborted)
        log.error({ event: "server.worker-failed", err: error }, "a new process does not begin");
    }
  }

  async function stop(): Promise<void> {
    stopping.abort();
    const ended = [...live].map(async ([worker, { channel }]) => {
      const exit = new Promise((resolve) => worker.once("exit", resolve));
      channel.ask("stop", undefined).catch(() => undefined); // it ends instead of an answer
      const cut = setTimeout(
        () => worker.process.kill("SIGKILL"),
        config.drainSeconds * 1_000 + graceMs,
      );
      await exit;
      clearTimeout(cut);
    });
    await Promise.all(ended);
  }

  try {
    const first = await Promise.race([start(), failure.promise]);
    await Promise.race([Promise.all(Array.from({ length: count - 1 }, start)), failure.promise]);
    signal.throwIfAborted();
    return {
      addresses: first,
      failed: failure.promise,
      stop,
      learn(newest) {
        found = newest;
        for (const { channel } of live.values())
          channel.ask("learn", newest).catch(() => undefined); // it has just died
      },
    };
  } catch (cause) {
    await stop();
    if (signal.aborted || !(cause instanceof Error)) throw cause;
    throw cause instanceof ServerError
      ? cause
      : new ServerError("server/worker-failed", cause.message, { cause });
  }
}

/** Whether one caller still waits is for the worker to know. */
const never = new AbortController().signal;

function pipeOf(worker: Worker): Parameters<typeof openChannel>[0] {
  return {
    send: (message) => {
      if (worker.isConnected()) worker.process.send?.(message as object, () => undefined);
    },
    listen: (listener) => void worker.on("message", listener),
  };
}
