import { spawn, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { PassThrough } from "node:stream";
import { afterEach, beforeEach, expect, test } from "vitest";
import { digestOf } from "#domain/oci";
import { smallImage } from "./testing/registry-world.ts";

let directory = "";
let running: ChildProcess | undefined;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "countersign-crash-"));
});
afterEach(async () => {
  await kill();
  await rm(directory, { recursive: true, force: true });
});

async function kill(): Promise<void> {
  const child = running;
  running = undefined;
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill("SIGKILL");
  await gone;
}

type Answer = { readonly status: number; readonly headers: NodeJS.Dict<string | string[]> };
type Server = {
  send(method: string, path: string, body?: Buffer, range?: string): Promise<Answer>;
  /** Sends `part` of a body that does not end. */
  hang(
    path: string,
    part: Buffer,
  ): { readonly sent: Promise<void>; readonly over: Promise<unknown>; goAway(): void };
};

async function start(): Promise<Server> {
  const script = join(import.meta.dirname, "testing/serve.ts");
  const child = spawn(process.execPath, ["--conditions=source", script, directory], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  running = child;
  const lines = createInterface({ input: child.stdout });
  const [line] = (await once(lines, "line", { signal: AbortSignal.timeout(30_000) })) as [string];
  const { host, token } = JSON.parse(line) as { host: string; token: string };
  const ca = await readFile(join(directory, "ca.crt"), "utf8");
  const open = (method: string, path: string, range?: string) =>
    request(`https://${host}${path}`, {
      method,
      ca,
      headers: {
        authorization: `Bearer ${token}`,
        "content-type": smallImage().mediaType,
        ...(range === undefined ? {} : { "content-range": range }),
      },
    });
  return {
    async send(method, path, body, range) {
      const sending = open(method, path, range);
      sending.end(body);
      const [answer] = (await once(sending, "response")) as [IncomingMessage];
      answer.resume();
      return { status: answer.statusCode ?? 0, headers: answer.headers };
    },
    hang(path, part) {
      const sending = open("PATCH", path);
      const body = new PassThrough();
      body.pipe(sending);
      const over = once(sending, "error");
      return {
        sent: new Promise((resolve) => void body.write(part, () => resolve())),
        over,
        goAway: () => void sending.destroy(new Error("gone")),
      };
    },
  };
}

const text = (header: string | string[] | undefined): string => String(header ?? "");

test("a server killed in the middle of a push loses nothing it said yes to and keeps nothing half", async () => {
  let server = await start();
  const image = smallImage("crash");
  for (const blob of image.blobs) {
    const digest = digestOf(blob);
    const path = `/v2/acme/web/blobs/uploads/?digest=${digest}`;
    expect((await server.send("POST", path, blob)).status).toBe(201);
  }
  const manifest = "/v2/acme/web/manifests/1";
  expect((await server.send("PUT", manifest, image.manifest)).status).toBe(201);

  const whole = randomBytes(3_000_000);
  const begun = await server.send("POST", "/v2/acme/web/blobs/uploads/");
  const location = text(begun.headers["location"]);
  const first = await server.send("PATCH", location, whole.subarray(0, 1_000_000));
  expect(text(first.headers["range"])).toBe("0-999999");
  const hanging = server.hang(location, whole.subarray(1_000_000, 2_000_000));
  await hanging.sent;
  await kill();
  await hanging.over;

  server = await start();
  for (const blob of image.blobs) {
    const found = await server.send("GET", `/v2/acme/web/blobs/${digestOf(blob)}`);
    expect(found).toMatchObject({ status: 200 });
  }
  expect((await server.send("HEAD", manifest)).headers["docker-content-digest"]).toBe(image.digest);
  const digest = digestOf(whole);
  expect((await server.send("HEAD", `/v2/acme/web/blobs/${digest}`)).status).toBe(404);
  const status = await server.send("GET", location);
  expect(status.status).toBe(204);
  const kept = Number(text(status.headers["range"]).split("-")[1]) + 1;
  expect(kept).toBeGreaterThanOrEqual(1_000_000);
  expect(kept).toBeLessThanOrEqual(2_000_000);
  const rest = await server.send("PUT", `${location}?digest=${digest}`, whole.subarray(kept));
  expect(rest.status).toBe(201);
  expect(await readdir(join(directory, "blobs", "uploads"))).toEqual([]);
});

test("a client that goes away in the middle of a part goes on from what arrived", async () => {
  const server = await start();
  const whole = randomBytes(2_000_000);
  const location = text(
    (await server.send("POST", "/v2/acme/web/blobs/uploads/")).headers["location"],
  );
  const hanging = server.hang(location, whole.subarray(0, 1_500_000));
  await hanging.sent;
  hanging.goAway();
  await hanging.over;
  const digest = digestOf(whole);
  let status = 0;
  for (let tries = 0; tries < 500 && status !== 201; tries += 1) {
    const at = await server.send("GET", location);
    const kept = Number(text(at.headers["range"]).split("-")[1]) + 1;
    // 409 until the server has seen that the client is gone, 416 when more arrived since we asked.
    const from = kept === 1 ? 0 : kept;
    status = (
      await server.send("PATCH", location, whole.subarray(from), `${from}-${whole.length - 1}`)
    ).status;
    if (status !== 202) continue;
    status = (await server.send("PUT", `${location}?digest=${digest}`)).status;
  }
  expect(status).toBe(201);
});
