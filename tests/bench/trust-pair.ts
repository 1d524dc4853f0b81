import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { Agent, request } from "undici";
import { certifiedKey } from "#domain/tuf/testing";
import type { Ask, Side } from "../harness/notary-server-pair.ts";
import { startNotaryServer } from "../harness/notary-server.ts";
import { startServer } from "../harness/server.ts";
import type { LoadTarget } from "./load.ts";

export type BenchSide = Pick<Side, "ask"> & LoadTarget & { readonly pids: () => readonly number[] };
export type BenchPair = AsyncDisposable & {
  readonly go: BenchSide;
  readonly ours: BenchSide;
  readonly registryHost: string;
};

/** Both servers as they are run: Debian's with its memory store, ours built, with tokens and its disk. */
export async function startBenchPair(directory: string): Promise<BenchPair> {
  await using stack = new AsyncDisposableStack();
  const tls = await loopbackIdentity();
  const ours = stack.use(await startServer({ env: { COUNTERSIGN_LOG_LEVEL: "warn" } }));
  const gunPrefixes = [`${ours.registryHost}/`];
  const go = stack.use(await startNotaryServer({ directory, tls, gunPrefixes }));
  const token = await adminToken(ours);
  const ca = await readFile(ours.caFile, "utf8");
  const parts = stack.move();
  return {
    registryHost: ours.registryHost,
    go: side(go.url, tls.certificate, {}),
    ours: side(ours.ui, ca, { authorization: `Bearer ${token}` }),
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
  const scopes = [10, 1_000, 10_000].map(
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
