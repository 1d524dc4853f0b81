import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { Agent, request } from "undici";
import { openPki, pemKeyReader } from "#adapters/pki";
import { openDatabase, sqlAccountStore } from "#adapters/storage";
import type { Repository } from "#contracts";
import { parseRegistryHost } from "#domain/oci";
import { serveHttp } from "#faces/http";
import type { Registries } from "#services/reader";
import { accountsWorld, type AccountsWorld } from "#services/accounts/testing";
import { restFace, type RestParts } from "../rest-face.ts";
import { memoryRegistries } from "./memory-registries.ts";
import { memoryGatekeeping, type MemoryGatekeeping } from "./memory-gatekeeping.ts";

export type Answer = {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly text: string;
  readonly json: () => unknown;
};
export type Send = (
  method: "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS",
  path: string,
  more?: { readonly body?: unknown; readonly headers?: Record<string, string> },
) => Promise<Answer>;

export type RestWorld = AccountsWorld &
  AsyncDisposable & {
    readonly host: string;
    readonly caPem: string;
    readonly folder: string;
    readonly gatekeeping: MemoryGatekeeping;
    readonly registries: Registries;
    readonly dispatcher: Agent;
    readonly send: Send;
    /** Sends as the browser of somebody who signed in, or as a program with a token. */
    readonly as: (name: string, transport?: "cookie" | "bearer") => Promise<Send>;
  };

const repository = (name: string, visibility: "private" | "public" = "private"): Repository => ({
  name,
  visibility,
  tags: 1,
  hasTrustData: false,
});

/** The face over real TLS on a free port: accounts in SQLite, certificates of our own. */
export async function restWorld(
  more: Partial<Pick<RestParts, "webRoot" | "isReady">> = {},
): Promise<RestWorld> {
  const folder = await mkdtemp(join(tmpdir(), "countersign-rest-"));
  const o = { signal: new AbortController().signal };
  const now = Date.now();
  const pki = await openPki(join(folder, "pki"), { clock: () => now }, o);
  const database = await openDatabase(":memory:");
  const world = accountsWorld({
    store: sqlAccountStore(database),
    keyReader: pemKeyReader,
    issuer: pki,
    caPem: pki.caPem,
    now,
  });
  const gatekeeping = memoryGatekeeping([
    repository("acme/web"),
    repository("acme/public", "public"),
    repository("alice/own"),
  ]);
  world.publicRepositories.add("acme/public");
  const registries = memoryRegistries();
  const face = restFace({
    accounts: world.accounts,
    gatekeeping,
    registries,
    registryHost: parseRegistryHost("localhost:8443"),
    caPem: pki.caPem,
    isReady: () => Promise.resolve(true),
    ...more,
  });
  const server = await serveHttp(
    {
      faces: [face],
      tls: await pki.serverIdentity(["localhost"], o),
      log: pino({ level: "silent" }),
      drainSeconds: 0,
    },
    { host: "127.0.0.1", port: 0 },
  );
  const host = `localhost:${server.port}`;
  const dispatcher = new Agent({ connect: { ca: pki.caPem } });

  const send: Send = async (method, path, { body, headers } = {}) => {
    const answer = await request(`https://${host}${path}`, {
      method,
      dispatcher,
      headers: {
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      ...(body === undefined
        ? {}
        : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const text = await answer.body.text();
    return {
      status: answer.statusCode,
      headers: new Map(
        Object.entries(answer.headers).map(([name, value]) => [name, String(value)]),
      ),
      text,
      json: () => JSON.parse(text) as unknown,
    };
  };

  return {
    ...world,
    host,
    caPem: pki.caPem,
    folder,
    gatekeeping,
    registries,
    dispatcher,
    send,
    async as(username, transport = "bearer") {
      const signedIn = await send("POST", "/api/v1/session", {
        body: { username, password: `${username}-password`, transport },
      });
      const cookie = signedIn.headers.get("set-cookie")?.split(";")[0] ?? "";
      const { token } = signedIn.json() as { readonly token?: string };
      const own: Record<string, string> =
        transport === "cookie" ? { cookie } : { authorization: `Bearer ${token}` };
      return (method, path, options = {}) =>
        send(method, path, { ...options, headers: { ...own, ...options.headers } });
    },
    async [Symbol.asyncDispose]() {
      await dispatcher.destroy();
      await server.close();
      await database.destroy();
      await rm(folder, { recursive: true });
    },
  };
}
