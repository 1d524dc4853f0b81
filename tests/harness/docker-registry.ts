import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect, createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { TlsIdentity } from "#faces/http";

export type TestRegistry = AsyncDisposable & {
  readonly url: string;
  /** As image names begin. */
  readonly host: string;
};

/** Debian's `docker-registry`, in memory and open to all, on a free port of loopback; `tls` is for `localhost`. */
export async function startDockerRegistry(tls?: TlsIdentity): Promise<TestRegistry> {
  const directory = await mkdtemp(join(tmpdir(), "countersign-docker-registry-"));
  const port = await freePort();
  const file = join(directory, "config.json");
  const certificate = join(directory, "registry.crt");
  const key = join(directory, "registry.key");
  if (tls !== undefined) {
    await writeFile(certificate, tls.certificate);
    await writeFile(key, tls.key, { mode: 0o600 });
  }
  // YAML takes JSON as it is.
  const config = {
    version: 0.1,
    log: { level: "error" },
    storage: { inmemory: {}, delete: { enabled: true } },
    http: {
      addr: `127.0.0.1:${port}`,
      ...(tls === undefined ? {} : { tls: { certificate, key } }),
    },
  };
  await writeFile(file, JSON.stringify(config));
  const child = spawn("docker-registry", ["serve", file], { stdio: "ignore" });
  const gone = once(child, "close");
  const stop = async (): Promise<void> => {
    child.kill("SIGKILL"); // it keeps nothing, so it has nothing to finish
    await gone;
    await rm(directory, { recursive: true });
  };
  for (let tries = 0; tries < 200 && child.exitCode === null; tries += 1) {
    const host = tls === undefined ? `127.0.0.1:${port}` : `localhost:${port}`;
    const url = `${tls === undefined ? "http" : "https"}://${host}`;
    if (await accepts(port)) return { url, host, [Symbol.asyncDispose]: stop };
    await delay(50);
  }
  await stop();
  throw new Error("docker-registry does not answer");
}

async function accepts(port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false)); // not listening yet
  });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
