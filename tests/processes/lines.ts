import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Agent, request } from "undici";
import type { ServerUnderTest } from "../harness/server.ts";

export type Ask = {
  readonly method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE" | "HEAD";
  readonly json?: unknown;
  readonly bytes?: Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
};
export type Answer = {
  readonly status: number;
  readonly text: string;
  readonly location: string | undefined;
};
/** One connection, so one worker, for as long as that lives. */
export type Line = (path: string, ask?: Ask) => Promise<Answer>;

/** As many connections as asked for: they go to the workers in turn. */
export function openLines(
  server: ServerUnderTest,
  count: number,
): Disposable & { readonly lines: readonly Line[] } {
  const agents = Array.from(
    { length: count },
    () => new Agent({ connect: { ca: server.ca }, connections: 1, keepAliveTimeout: 60_000 }),
  );
  const lines = agents.map((dispatcher): Line => async (path, ask = {}) => {
    const body = ask.json === undefined ? ask.bytes : JSON.stringify(ask.json);
    const answer = await request(new URL(path, server.ui), {
      dispatcher,
      method: ask.method ?? "GET",
      headers: {
        ...(ask.json === undefined ? {} : { "content-type": "application/json" }),
        ...ask.headers,
      },
      ...(body === undefined ? {} : { body }),
    });
    const { location } = answer.headers;
    return {
      status: answer.statusCode,
      text: await answer.body.text(),
      location: typeof location === "string" ? location : undefined,
    };
  });
  return {
    lines,
    [Symbol.dispose]: () => {
      for (const agent of agents) void agent.destroy();
    },
  };
}

/** The process that the server was started as. */
export function firstProcess(server: ServerUnderTest): number {
  const read = JSON.parse(readFileSync(join(server.data, "addresses.json"), "utf8")) as {
    readonly pid: number;
  };
  return read.pid;
}

export function workersOf(pid: number): readonly number[] {
  const listed = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8");
  return listed.trim().split(" ").filter(Boolean).map(Number);
}

/** Whether a process is there and not merely waiting to be buried. */
export function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

export async function sessionOf(line: Line, username: string, password: string): Promise<Ask> {
  const json = { username, password, transport: "bearer" };
  const { text } = await line("/api/v1/session", { method: "POST", json });
  const { token } = JSON.parse(text) as { readonly token: string };
  return { headers: { authorization: `Bearer ${token}` } };
}

/** What a client of the registry or the trust server sends, allowed to do `scope`. */
export async function tokenOf(
  server: ServerUnderTest,
  line: Line,
  of: { readonly name: string; readonly password: string; readonly scope: string },
): Promise<Ask> {
  const query = new URLSearchParams({ service: server.registryHost, scope: of.scope });
  const basic = Buffer.from(`${of.name}:${of.password}`).toString("base64");
  const headers = { authorization: `Basic ${basic}` };
  const { text } = await line(`/auth/token?${query.toString()}`, { headers });
  const { token } = JSON.parse(text) as { readonly token: string };
  return { headers: { authorization: `Bearer ${token}` } };
}
