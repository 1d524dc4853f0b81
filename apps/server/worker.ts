/** The entry of a process that `workers.ts` starts: answers clients, until the first process says stop or is gone. */
import { pino } from "pino";
import type { TrustWarning } from "#services/trust";
import { openChannel } from "./channel.ts";
import { listen } from "./listen.ts";
import { receivedConfig, type ToFirst, type ToWorker } from "./questions.ts";
import { wire, type App } from "./wire.ts";

// A signal to the whole group reaches us too; when to stop is for the first process to say.
for (const name of ["SIGTERM", "SIGINT"] as const) process.on(name, () => undefined);
process.on("disconnect", () => process.exit(1));

/** What was told last, maybe before we were ready to hear it. */
let told: readonly TrustWarning[] | undefined;
let running: { readonly app: App; readonly stop: () => Promise<void> } | undefined;

const first = openChannel<ToFirst, ToWorker>(
  {
    send: (message) => void process.send?.(message, undefined, {}, () => undefined),
    listen: (listener) => void process.on("message", listener),
  },
  {
    async begin({ config: sent, found }) {
      const config = receivedConfig(sent);
      const log = pino({ level: config.logLevel });
      const o = { signal: new AbortController().signal };
      const app = await wire(config, log, o, {
        passwords: {
          async check(credentials, { signal }) {
            signal.throwIfAborted();
            return await first.ask("checkPassword", credentials);
          },
        },
        metricsText: () => first.ask("metricsText", undefined),
      });
      const listening = await listen(app, config, log);
      app.declareReady();
      app.upkeep.learn(told ?? found);
      running = {
        app,
        async stop() {
          await listening.close();
          await app.close();
        },
      };
      return listening.addresses;
    },
    async stop() {
      await running?.stop();
      return process.exit(0);
    },
    metrics: () => Promise.resolve(running?.app.metrics.samples() ?? []),
    learn(found) {
      told = found;
      running?.app.upkeep.learn(found);
      return Promise.resolve(undefined);
    },
  },
);
