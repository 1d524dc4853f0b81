import { createServer } from "node:http";
import type { Logger } from "pino";
import { serveHttp, startListening } from "#faces/http";
import type { Config } from "./config.ts";
import type { Addresses } from "./questions.ts";
import type { App } from "./wire.ts";

export type Listening = {
  readonly addresses: Addresses;
  /** Stops accepting, and lets what runs finish within the drain time. */
  close(): Promise<void>;
};

/** Answers on all addresses. Throws `http/address-in-use`. */
export async function listen(app: App, config: Config, log: Logger): Promise<Listening> {
  const { faces, tls } = app;
  const { drainSeconds } = config;
  const server = await serveHttp({ faces, tls, log, drainSeconds }, config.listen);
  try {
    const gateway = await app.gateway.listen(config.gatewayListen.host, config.gatewayListen.port);
    return {
      addresses: {
        ui: `https://${server.host}:${server.port}`,
        gateway: `tcp://${gateway.host}:${gateway.port}`,
      },
      async close() {
        await Promise.all([app.gateway.close(), server.close()]);
      },
    };
  } catch (error) {
    await server.close();
    throw error;
  }
}

/** Runs `work` while the ports are ours and nobody is answered. Throws `http/address-in-use`. */
export async function withPortsHeld(config: Config, work: () => Promise<void>): Promise<void> {
  const held: { close(): Promise<void> }[] = [];
  try {
    for (const address of [config.listen, config.gatewayListen]) {
      const stop = { closing: new AbortController(), drainSeconds: 0 };
      held.push(await startListening(createServer(), address, stop));
    }
    await work();
  } finally {
    await Promise.all(held.map((each) => each.close()));
  }
}
