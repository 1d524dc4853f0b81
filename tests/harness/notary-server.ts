import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Agent, request } from "undici";
import type { TlsIdentity } from "#faces/http";

/** A trust server under test: where it answers, and what makes a client believe it. */
export type TestTrustServer = AsyncDisposable & {
  readonly url: string;
  readonly port: number;
};

export type GoServerOptions = {
  readonly directory: string;
  readonly tls: TlsIdentity;
  /** Only repositories with these prefixes may be published to, each with a `/` at its end. */
  readonly gunPrefixes: readonly string[];
};

/**
 * Debian's `notary-server` over TLS on a free port of loopback: metadata and keys in memory, no tokens.
 * Nothing of it outlives the disposal.
 */
export async function startNotaryServer(options: GoServerOptions): Promise<TestTrustServer> {
  const { directory, tls } = options;
  const port = await freePort();
  const files = {
    certificate: join(directory, "notary-server.crt"),
    key: join(directory, "notary-server.key"),
    config: join(directory, "notary-server.json"),
  };
  await writeFile(files.certificate, tls.certificate);
  await writeFile(files.key, tls.key, { mode: 0o600 });
  const config = {
    server: {
      http_addr: `127.0.0.1:${port}`,
      tls_cert_file: files.certificate,
      tls_key_file: files.key,
    },
    trust_service: { type: "local", hostname: "", port: "", key_algorithm: "ecdsa" },
    storage: { backend: "memory" },
    repositories: { gun_prefixes: options.gunPrefixes },
    logging: { level: "error" },
  };
  await writeFile(files.config, JSON.stringify(config));
  const child = spawn("notary-server", [`-config=${files.config}`], {
    env: { PATH: process.env["PATH"] ?? "" },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let words = "";
  child.stderr.on("data", (chunk: Buffer) => (words = (words + chunk.toString()).slice(-4_000)));
  const gone = once(child, "close");
  const stop = async (): Promise<void> => {
    child.kill("SIGKILL"); // it keeps nothing, so it has nothing to finish
    await gone;
  };
  const url = `https://localhost:${port}`;
  const isUp = await answers(url, tls.certificate, () => child.exitCode === null);
  if (isUp) return { url, port, [Symbol.asyncDispose]: stop };
  await stop();
  throw new Error(`notary-server does not answer: ${words}`);
}

async function answers(url: string, ca: string, isAlive: () => boolean): Promise<boolean> {
  const agent = new Agent({ connect: { ca, host: "127.0.0.1", servername: "localhost" } });
  try {
    for (let tries = 0; tries < 200 && isAlive(); tries += 1) {
      const status = await request(`${url}/_notary_server/health`, { dispatcher: agent }).then(
        async ({ statusCode, body }) => (await body.dump(), statusCode),
        () => undefined, // not listening yet
      );
      if (status === 200) return true;
      await delay(50);
    }
    return false;
  } finally {
    await agent.close();
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
