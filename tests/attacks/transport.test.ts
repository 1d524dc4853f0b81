import { describe, expect, test } from "vitest";
import { certifiedKey, serve } from "#domain/tuf/testing";
import type { HostileServer, Misbehaviour } from "./hostile-server.ts";
import { fileOf, qa, rotateRoot } from "./forge.ts";
import { endless, faults, silent, status } from "./transport-faults.ts";
import { gun, image, reasonsOf, remoteWorld, type RemoteWorld } from "./remote-world.ts";

const signal = AbortSignal.timeout(60_000);

describe("a server that misbehaves", () => {
  test.for(faults)(
    "$name: $kind, and the image does not run",
    async ({ file, does, kind, answerMs }) => {
      await using world = await remoteWorld({ limits: { answerMs } });
      world.server.misbehaviour.set(file, does);
      expect(await world.read()).toMatchObject({ kind });
      const { judgement, decision } = await world.judge();
      expect(judgement).toMatchObject({ kind: "refuse" });
      expect(reasonsOf(decision)).toContain(kind);
      world.server.misbehaviour.clear();
      expect((await world.judge()).judgement).toMatchObject({ kind: "run" });
    },
  );

  test("a delegation without end is tampered with, and the rest stands", async () => {
    await using world = await remoteWorld();
    world.server.misbehaviour.set(`${qa}.#`, endless);
    const { decision } = await world.judge();
    expect(reasonsOf(decision)).toEqual(["tampered", "team-missing"]);
  });

  test("one whose certificate another authority issued is not spoken with", async () => {
    const other = await certifiedKey({ name: "x", notBefore: 0, notAfter: 2e12, isCa: true });
    await using world = await remoteWorld({ registry: { ca: other.pem } });
    expect(await world.read()).toMatchObject({ kind: "unavailable" });
    expect(world.server.asked).toEqual([]);
    expect(reasonsOf((await world.judge()).decision)).toContain("unavailable");
  });

  test("one that is slow in small pieces is given up as a whole", async () => {
    await using world = await remoteWorld({ maxReadMs: 4_000, limits: { answerMs: 20_000 } });
    await world.read();
    for (let version = 2; version <= 60; version += 1) await rotateRoot(world.repository);
    await world.repository.republish();
    let answered = 0;
    for (let version = 2; version < 60; version += 1)
      world.server.misbehaviour.set(`${version}.root`, (response) => {
        answered += 1;
        const bytes = world.repository.shelf.get(`root.${version}`);
        setTimeout(() => response.end(bytes), 500);
      });
    expect(await world.read()).toMatchObject({ kind: "unavailable" });
    expect(answered).toBeLessThan(10);
    world.server.misbehaviour.clear();
    expect(await world.read()).toMatchObject({ kind: "verified", rootVersion: 60 });
  });

  test("a caller who gives up gets an error at once", async () => {
    await using world = await remoteWorld();
    world.server.misbehaviour.set("*", silent);
    const stop = new AbortController();
    const reading = world.registries.read(gun, { signal: stop.signal });
    stop.abort(new Error("enough"));
    await expect(reading).rejects.toThrow("enough");
  });
});

describe("what is not there", () => {
  test("a repository that was never seen is absent; one that was seen is unavailable", async () => {
    await using world = await remoteWorld();
    world.server.misbehaviour.set("*", status(404));
    expect(await world.read()).toEqual({ kind: "absent" });
    expect(reasonsOf((await world.judge()).decision)).toContain("no-trust-data");
    world.server.misbehaviour.clear();
    expect(await world.read()).toMatchObject({ kind: "verified" });
    world.server.misbehaviour.set("*", status(404));
    expect(await world.read()).toMatchObject({ kind: "unavailable" });
    expect(reasonsOf((await world.judge()).decision)).toContain("unavailable");
  });

  test("a registry that nobody registered is not asked, nor one that is written differently", async () => {
    await using world = await remoteWorld();
    for (const name of [
      "another.test/acme/web:1",
      "other.test:443/acme/web:1",
      "sub.other.test/acme/web:1",
    ]) {
      const { judgement, decision } = await world.judge(name);
      expect(judgement).toMatchObject({ kind: "refuse" });
      expect(reasonsOf(decision)).toEqual(["registry-not-trusted"]);
    }
    expect(world.server.asked).toEqual([]);
  });

  test("a registry that is removed is trusted no longer", async () => {
    await using world = await remoteWorld();
    expect((await world.judge()).judgement).toMatchObject({ kind: "run" });
    const [registry] = await world.registries.list({ signal });
    if (registry !== undefined) await world.registries.remove(registry.host, { signal });
    expect(reasonsOf((await world.judge()).decision)).toEqual(["registry-not-trusted"]);
    expect(await world.read()).toMatchObject({ kind: "unavailable" });
  });
});

describe("what is kept", () => {
  test("while nothing changes one look at the timestamp is enough", async () => {
    await using world = await remoteWorld();
    await world.read();
    world.server.asked.length = 0;
    await world.read();
    expect(world.server.asked).toEqual(["timestamp"]);
  });

  test("a cold start fetches only what changed", async () => {
    await using world = await remoteWorld();
    await world.read();
    world.qa.targets.set("2", "another");
    world.qa.version += 1;
    await world.repository.republish();
    await world.restart();
    world.server.asked.length = 0;
    expect(await world.read()).toMatchObject({ kind: "verified", timestampVersion: 2 });
    const checksums = world.server.asked.filter((name) => name.endsWith("#"));
    expect(checksums.toSorted()).toEqual(["snapshot.#", "targets/qa.#"]);
  });
});

describe("a server that does not answer", () => {
  const minuteMs = 60_000;
  const down = ({ server }: { readonly server: HostileServer }): void =>
    void server.misbehaviour.set("*", status(503));
  const staleWorld = (): Promise<RemoteWorld> =>
    remoteWorld({ registry: { maxStaleSeconds: 600 } });

  test.for([false, true])(
    "its last good reading stands in for ten minutes, and the decision says so (restarted: %s)",
    async (isRestarted) => {
      await using world = await staleWorld();
      const readAt = world.now;
      await world.read();
      down(world);
      if (isRestarted) await world.restart();
      world.now += 10 * minuteMs;
      expect(await world.read()).toMatchObject({ kind: "verified", asOf: readAt });
      const { judgement, decision } = await world.judge();
      expect(judgement).toMatchObject({ kind: "run" });
      const [candidate] = decision?.case.candidates ?? [];
      expect(candidate?.evidence).toMatchObject({ kind: "verified", asOf: readAt });
      world.now += 1;
      expect(await world.read()).toMatchObject({ kind: "unavailable" });
      expect((await world.judge()).judgement).toMatchObject({ kind: "refuse" });
      world.server.misbehaviour.clear();
      const again = await world.read();
      expect(again).toMatchObject({ kind: "verified" });
      expect(again).not.toHaveProperty("asOf");
    },
  );

  test("each answer begins the ten minutes anew, also for a restart later on", async () => {
    await using world = await staleWorld();
    await world.read();
    world.now += 60 * minuteMs;
    await world.read();
    const readAt = world.now;
    down(world);
    await world.restart();
    world.now += 5 * minuteMs;
    expect(await world.read()).toMatchObject({ kind: "verified", asOf: readAt });
  });

  test("nothing outlives its own expiry", async () => {
    await using world = await staleWorld();
    world.repository.timestamp.expires = world.now + minuteMs;
    await world.repository.republish();
    await world.read();
    down(world);
    world.now += minuteMs;
    expect(await world.read()).toMatchObject({ kind: "verified" });
    world.now += 1;
    expect(await world.read()).toMatchObject({ kind: "unavailable" });
    await world.restart();
    expect(await world.read()).toMatchObject({ kind: "unavailable" });
  });

  test("nothing stands in for what is wrong, only for what is silent", async () => {
    await using world = await staleWorld();
    const old = new Map(world.repository.current);
    await world.repository.republish();
    await world.read();
    for (const [role, bytes] of old) serve(world.repository, role, bytes);
    expect(await world.read()).toMatchObject({ kind: "rolled-back" });
    world.server.misbehaviour.set("*", status(404));
    expect(await world.read()).toMatchObject({ kind: "unavailable" });
  });

  test("what another process has seen since is not undone", async () => {
    await using world = await staleWorld();
    await world.read();
    const behind = world.registries;
    await world.restart();
    await world.repository.republish();
    expect(await world.read()).toMatchObject({ timestampVersion: 2 });
    down(world);
    const reading = await behind.read(gun, { signal });
    expect(reading.kind === "verified" && reading.timestampVersion !== 2).toBe(false);
  });

  test("without leave to be stale nothing stands in", async () => {
    await using world = await remoteWorld();
    await world.read();
    down(world);
    expect(await world.read()).toMatchObject({ kind: "unavailable" });
  });
});

describe("signing in", () => {
  const challenge = (world: RemoteWorld): string =>
    `Bearer realm="${world.server.url}/token",service="lab",scope="repository:everything:*"`;
  const guard =
    (world: RemoteWorld, expected: string): Misbehaviour =>
    (response, request) => {
      if (request.headers.authorization !== expected)
        return status(401, { "www-authenticate": challenge(world) })(response, request);
      const name = request.url ?? "";
      const role = /tuf\/(.+?)(?:\.[0-9a-f]{64})?\.json$/.exec(name)?.[1] ?? "";
      response.writeHead(200).end(fileOf(world.repository, role as typeof qa));
    };

  test("asks for a token with name and password, for this repository and for reading alone", async () => {
    const credentials = { username: "reader", password: "a pass:word" };
    await using world = await remoteWorld({ registry: { credentials } });
    const asked: string[] = [];
    const basic = `Basic ${Buffer.from("reader:a pass:word").toString("base64")}`;
    const guarded = guard(world, "Bearer good");
    world.server.misbehaviour.set("*", (response, request) => {
      if (request.url?.startsWith("/token") !== true) return guarded(response, request);
      asked.push(request.url);
      expect(request.headers.authorization).toBe(basic);
      response.end(JSON.stringify({ token: "good", expires_in: 300 }));
    });
    expect(await world.read()).toMatchObject({ kind: "verified" });
    const scope = `repository%3A${encodeURIComponent(gun)}%3Apull`;
    expect(new Set(asked)).toEqual(new Set([`/token?service=lab&scope=${scope}&account=reader`]));
    expect((await world.judge(image)).judgement).toMatchObject({ kind: "run" });
  });

  test("asks anonymously where nobody gave it a name", async () => {
    await using world = await remoteWorld();
    const guarded = guard(world, "Bearer anonymous");
    world.server.misbehaviour.set("*", (response, request) => {
      if (request.url?.startsWith("/token") !== true) return guarded(response, request);
      expect(request.headers.authorization).toBeUndefined();
      response.end(JSON.stringify({ access_token: "anonymous" }));
    });
    expect(await world.read()).toMatchObject({ kind: "verified" });
  });

  test.for([
    ["a wrong password", 401, "{}"],
    ["no token in the answer", 200, "{}"],
    ["a token that would end the header", 200, JSON.stringify({ token: "a\r\nx: y" })],
    ["a token named twice", 200, '{"token":"good","token":"bad"}'],
    ["no JSON", 200, "hello"],
    ["a redirect", 302, ""],
  ] as const)("%s is unavailable", async ([, code, body]) => {
    await using world = await remoteWorld();
    const guarded = guard(world, "Bearer good");
    world.server.misbehaviour.set("*", (response, request) => {
      if (request.url?.startsWith("/token") !== true) return guarded(response, request);
      response.writeHead(code, { location: "/elsewhere" }).end(body);
    });
    expect(await world.read()).toMatchObject({ kind: "unavailable" });
  });

  test("the password is sealed at rest and shown to nobody", async () => {
    const credentials = { username: "reader", password: "a-secret-password" };
    await using world = await remoteWorld({ registry: { credentials } });
    const shown = JSON.stringify(await world.registries.list({ signal }));
    expect(shown).toContain("reader");
    expect(shown).not.toMatch(/secret|sealed/i);
  });
});
