import { execFileSync, fork } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Agent, request } from "undici";
import { certifiedKey } from "#domain/tuf/testing";
import type { Ask, Side } from "../harness/notary-server-pair.ts";
import { startNotaryServer } from "../harness/notary-server.ts";
import { freePorts, startServer } from "../harness/server.ts";
import type { Begin } from "./bare-https.ts";
import type { LoadTarget } from "./load.ts";

export type BenchSide = Pick<Side, "ask"> & LoadTarget;
export type BenchPair = AsyncDisposable & {
  readonly go: BenchSide;
  readonly ours: BenchSide;
  /** Node's HTTPS server by itself, in as many processes as ours. */
  readonly bare: LoadTarget;
  readonly registryHost: string;
};

const sourceCondition = "--conditions=source";

/** Both servers as they are run: Debian's with its memory store, ours built, with tokens and its disk. */
export async function startBenchPair(directory: string): Promise<BenchPair> {
  await using stack = new AsyncDisposableStack();
  const tls = await loopbackIdentity();
  const ours = stack.use(await startServer({ env: { COUNTERSIGN_LOG_LEVEL: "warn" } }));
  const gunPrefixes = [`${ours.registryHost}/`];
  const go = stack.use(await startNotaryServer({ directory, tls, gunPrefixes }));
  const token = await adminToken(ours);
  const ca = await readFile(ours.caFile, "utf8");
  const own = side(ours.ui, ca, { authorization: `Bearer ${token}` });
  const processes = Math.max(1, own.pids().length - 1);
  const bare = stack.use(await startBare({ tls, processes }));
  const parts = stack.move();
  return {
    registryHost: ours.registryHost,
    go: side(go.url, tls.certificate, {}),
    ours: own,
    bare: { url: bare.url, headers: own.headers, pids: () => listenersOn(new URL(bare.url).port) },
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}

function side(url: string, ca: string, headers: Readonly<Record<string, string>>): BenchSide {
  const agent = new Agent({ connect: { ca, host: "127.0.0.1", servername: "localhost" } });
  return {
    url,
    headers,
    pids: () => listenersOn(new URL(url).port),
    async ask({ method = "GET", path, body, headers: more = {} }: Ask) {
      const answer = await request(`${url}${path}`, {
        dispatcher: agent,
        method,
        headers: { ...headers, ...more },
        ...(body === undefined ? {} : { body: Buffer.from(body) }),
      } as Parameters<typeof request>[1]);
      const bytes = Buffer.from(await answer.body.arrayBuffer());
      return { status: answer.statusCode, headers: answer.headers, body: bytes };
    },
  };
}

async function startBare(
  of: Omit<Begin, "port">,
): Promise<AsyncDisposable & { readonly url: string }> {
  const [port] = await freePorts();
  const child = fork(join(import.meta.dirname, "bare-https.ts"), { execArgv: [sourceCondition] });
  const gone = once(child, "exit");
  const stop = async (): Promise<void> => {
    child.kill("SIGKILL"); // its workers end with the pipe
    await gone;
  };
  child.send({ ...of, port } satisfies Begin);
  const said = await Promise.race([once(child, "message"), gone]);
  if (said[0] === "ready") return { url: `https://localhost:${port}`, [Symbol.asyncDispose]: stop };
  await stop();
  throw new Error("the server to compare with does not begin");
}

/** The processes behind a port: who listens, and those to whom it hands the connections. */
function listenersOn(port: string): readonly number[] {
  const listed = execFileSync("ss", ["-Hltnp", `sport = :${port}`], { encoding: "utf8" });
  const pids = [...listed.matchAll(/pid=(\d+)/g)].map((match) => Number(match[1]));
  return [...new Set(pids.flatMap((pid) => [pid, ...childrenOf(pid)]))];
}

function childrenOf(pid: number): readonly number[] {
  const listed = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8");
  return listed.trim().split(" ").filter(Boolean).map(Number);
}

/** A token for everything below `bench/`, as docker and notary fetch theirs. */
async function adminToken(server: {
  readonly ui: string;
  readonly registryHost: string;
  readonly ca: string;
  readonly adminPassword: string;
}): Promise<string> {
  const agent = new Agent({ connect: { ca: server.ca } });
  const scopes = [1, 10, 1_000, 10_000].map(
    (tags) =>
      `scope=${encodeURIComponent(`repository:${server.registryHost}/bench/tags-${tags}:pull,push`)}`,
  );
  const query = [`service=${encodeURIComponent(server.registryHost)}`, ...scopes].join("&");
  const basic = Buffer.from(`admin:${server.adminPassword}`).toString("base64");
  const answer = await request(`${server.ui}/auth/token?${query}`, {
    dispatcher: agent,
    headers: { authorization: `Basic ${basic}` },
  });
  const { token } = (await answer.body.json()) as { readonly token: string };
  await agent.close();
  return token;
}

async function loopbackIdentity(): Promise<{ readonly certificate: string; readonly key: string }> {
  const now = Date.now();
  const identity = await certifiedKey({
    name: "localhost",
    dnsName: "localhost",
    notBefore: now - 60_000,
    notAfter: now + 86_400_000,
  });
  const key = identity.privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  return { certificate: identity.pem, key };
}
