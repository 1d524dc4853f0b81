import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { connect as tcpConnect } from "node:net";
import { join } from "node:path";
import type { TLSSocket } from "node:tls";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { finish, gatewayWorld, succeed, type GatewayWorld } from "../harness/engine-world.ts";
import { whyNoEngine } from "../harness/engine.ts";

const reason = whyNoEngine();
if (reason !== undefined) console.warn(`gateway bypass tests skipped: ${reason}`);

/** Sends bytes as they are and gives all that comes back until the gateway ends the connection. */
async function exchange(socket: TLSSocket, ...pieces: readonly string[]): Promise<string> {
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  const closed = once(socket, "close");
  socket.on("error", () => undefined); // a reset ends the exchange too
  socket.once("end", () => socket.end());
  for (const piece of pieces) socket.write(piece);
  await closed;
  return Buffer.concat(chunks).toString();
}

describe.skipIf(reason !== undefined)("ways around the gateway", () => {
  let world: GatewayWorld;
  let web = "";
  let good = "";
  let bad = "";
  let otherId = "";
  const json = (value: unknown): string => JSON.stringify(value);
  const create = (value: unknown): ReturnType<GatewayWorld["ask"]> =>
    world.ask("POST", "/v1.41/containers/create", { body: json(value) });
  beforeAll(async () => {
    world = await gatewayWorld();
    web = `${world.registry}/acme/web`;
    good = `${web}:1`;
    bad = `${web}:2`;
    const signed = await world.publish(good, "signed\n");
    world.judge.signed.set(good, signed.digest);
    world.judge.imageIds.set(signed.digest, [signed.id]);
    otherId = (await world.publish(bad, "not signed\n")).id;
    await succeed(world.docker(["pull", "-q", good]));
  });
  afterAll(() => world?.stop());
  afterEach(async () => {
    world.callers.isBroken = false;
    world.judge.mode = "enforce";
    // Whatever was tried: nothing was made, and nothing unsigned was fetched.
    const left = (await world.direct("ps", "-aq")).out.split("\n").filter(Boolean);
    if (left.length > 0) await world.direct("rm", "-fv", ...left);
    const fetched = (await world.direct("images", "-aq", "--no-trunc")).out.includes(otherId);
    if (left.length > 0 || fetched) throw new Error(`it got through: ${left.join(" ")}`);
  });

  test("a form body does not beat the query", async () => {
    const answer = await world.ask("POST", `/v1.41/images/create?fromImage=${web}&tag=1`, {
      body: `fromImage=${web}&tag=2`,
      headers: { "content-type": "application/x-www-form-urlencoded" },
    });
    expect(answer.status).toBe(400);
    for (const type of [
      "Application/X-WWW-Form-Urlencoded; a=b",
      "multipart/form-data; boundary=x",
    ]) {
      const headers = { "content-type": type };
      const target = "/v1.41/images/create";
      const again = await world.ask("POST", target, { body: `fromImage=${bad}`, headers });
      expect(again.status).toBe(400);
    }
  });

  test.for([
    ["a parameter twice", (name: string): string => `fromImage=${name}&tag=1&tag=2`],
    ["two images", (name: string): string => `fromImage=${name}&fromImage=other&tag=2`],
    ["two tags", (name: string): string => `fromImage=${name}:1&tag=2`],
    ["a semicolon", (name: string): string => `fromImage=${name};tag=2`],
    ["no tag, which means all", (name: string): string => `fromImage=${name}`],
    ["a trailing colon, which means all", (name: string): string => `fromImage=${name}:`],
    ["an import beside it", (name: string): string => `fromImage=${name}&tag=2&fromSrc=-`],
    ["the other tag", (name: string): string => `fromImage=${name}&tag=2`],
    ["the other tag inside", (name: string): string => `fromImage=${name}%3A2`],
  ] as const)("a pull with %s is refused", async ([, query]) => {
    const answer = await world.ask("POST", `/v1.41/images/create?${query(web)}`);
    expect([400, 403]).toContain(answer.status);
  });

  test("a pull sends the engine no body, whatever the client sends", async () => {
    const answer = await world.ask("POST", `/images/create?fromImage=${web}&tag=1`, {
      body: `fromImage=${bad}`,
      headers: { "content-type": "text/plain" },
    });
    expect(answer.status).toBe(200);
    expect(answer.body).toContain("Tagged what is signed");
  });

  test.for([
    ["a key in another case", (): string => `{"Image":${json(good)},"image":${json(bad)}}`],
    ["a key in mixed case", (): string => `{"iMAGE":${json(bad)}}`],
    ["a key twice", (): string => `{"Image":${json(good)},"Image":${json(bad)}}`],
    [
      "a key twice, once escaped",
      (): string => `{"Image":${json(good)},"Im\\u0061ge":${json(bad)}}`,
    ],
    ["a long s", (): string => `{"Image":${json(good)},"Ho\u017ftConfig":{"Privileged":true}}`],
    ["a second document", (): string => `{"Image":${json(good)}} {"Image":${json(bad)}}`],
    ["host settings at the top", (): string => `{"Image":${json(good)},"Privileged":true}`],
    [
      "too deep a nest",
      (): string => `{"Image":${json(good)},"a":${"[".repeat(99)}${"]".repeat(99)}}`,
    ],
    ["no JSON", (): string => `Image=${bad}`],
    ["nothing", (): string => ""],
  ] as const)("a create with %s is refused", async ([, body]) => {
    const answer = await world.ask("POST", "/v1.41/containers/create", { body: body() });
    expect(answer.status).toBe(400);
  });

  test("a body of another content type is refused", async () => {
    for (const type of ["text/plain", "application/octet-stream", "application/json-patch+json"]) {
      const headers = { "content-type": type };
      const body = json({ Image: good });
      const answer = await world.ask("POST", "/containers/create", { headers, body });
      expect(answer.status).toBe(400);
    }
  });

  test("a body too large is refused, not passed unseen (CVE-2024-41110, CVE-2026-34040)", async () => {
    const body = json({ Image: bad, Labels: { pad: "x".repeat(2_000_000) } });
    expect((await world.ask("POST", "/containers/create", { body })).status).toBe(413);
    const headers = { "transfer-encoding": "chunked" };
    expect((await world.ask("POST", "/containers/create", { body, headers })).status).toBe(413);
    const empty = await world.ask("POST", "/containers/create", {
      headers: { "content-length": "0" },
    });
    expect(empty.status).toBe(400);
  });

  test("a chunked body is read and judged like any other", async () => {
    const headers = { "transfer-encoding": "chunked" };
    const body = json({ Image: bad });
    const answer = await world.ask("POST", "/v1.41/containers/create", { body, headers });
    expect(answer.status).toBe(403);
    expect(answer.body).toContain("not signed");
  });

  test("two bodies' lengths in one request are refused", async () => {
    const body = json({ Image: bad });
    const head =
      "POST /v1.41/containers/create HTTP/1.1\r\nHost: d\r\nConnection: close\r\nContent-Type: application/json\r\n";
    const chunked = `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
    for (const extra of [
      `Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n${chunked}`,
      `Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n${chunked}`,
      `Transfer-Encoding: identity, chunked\r\nContent-Length: 5\r\n\r\n${chunked}`,
      `Content-Length: ${body.length}\r\nContent-Length: 0\r\n\r\n${body}`,
      `Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n${chunked}`,
      `Content-Length : ${body.length}\r\n\r\n${body}`,
    ]) {
      const answer = await exchange(await world.connect(), head + extra);
      expect(answer).toMatch(/^HTTP\/1\.1 400 /);
      expect(answer.match(/HTTP\/1\.1 /g)).toHaveLength(1);
    }
  });

  test.for([
    ["an absolute target", (): string => "http://engine/v1.41/containers/create"],
    ["an encoded letter", (): string => "/v1.41/%63ontainers/create"],
    ["empty segments", (): string => "//containers//create"],
    ["dot segments", (): string => "/images/../containers/create"],
    ["encoded dot segments", (): string => "/images/%2e%2e/containers/create"],
    ["another case", (): string => "/Containers/create"],
    ["a version that nobody knows", (): string => "/v1.99/containers/create"],
    ["an old version", (): string => "/v1.12/containers/create"],
    ["a trailing slash", (): string => "/containers/create/"],
  ] as const)("%s is refused", async ([, target]) => {
    const body = json({ Image: bad });
    const request = `POST ${target()} HTTP/1.1\r\nHost: d\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`;
    expect(await exchange(await world.connect(), request)).toMatch(/^HTTP\/1\.1 40[03] /);
  });

  test("every request in a row on one connection is judged", async () => {
    const one = (image: string): string => {
      const body = json({ Image: image });
      return `POST /v1.41/containers/create HTTP/1.1\r\nHost: d\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    };
    const ping = "GET /_ping HTTP/1.1\r\nHost: d\r\n\r\n";
    const last = one(bad).replace("Host: d", "Host: d\r\nConnection: close");
    const answer = await exchange(await world.connect(), ping + one(bad) + last);
    expect(answer.match(/HTTP\/1\.1 \d+/g)).toEqual([
      "HTTP/1.1 200",
      "HTTP/1.1 403",
      "HTTP/1.1 403",
    ]);
  });

  test("an upgrade opens no tunnel past the gate", async () => {
    const body = json({ Image: bad });
    for (const [target, protocol] of [
      ["/v1.41/containers/create", "h2c"],
      ["/v1.41/containers/create", "tcp"],
      ["/v1.41/containers/x/attach", "h2c"],
      ["/grpc", "h2c"],
      ["/session", "h2c"],
      ["/v1.41/build", "h2c"],
    ] as const) {
      const request = `POST ${target} HTTP/1.1\r\nHost: d\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
      const second = request.replace(/Connection: Upgrade\r\nUpgrade: \w+\r\n/, "");
      const answer = await exchange(await world.connect(), request, second);
      expect(answer).toMatch(/^HTTP\/1\.1 40[03] [^]*"message":/);
      expect(answer.match(/HTTP\/1\.1 /g)).toHaveLength(1);
    }
  });

  test("a request after an upgrade that the engine declined reaches nobody", async () => {
    const body = json({ Image: bad });
    const smuggled = `POST /v1.41/containers/create?name=smuggled HTTP/1.1\r\nHost: d\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    for (const target of ["/v1.41/exec/nosuch/start", "/v1.41/containers/nosuch/attach?stream=1"]) {
      const request = `POST ${target} HTTP/1.1\r\nHost: d\r\nConnection: Upgrade\r\nUpgrade: tcp\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}`;
      const answer = await exchange(await world.connect(), request + smuggled);
      expect(answer).toMatch(/^HTTP\/1\.1 40[04] /);
      expect(answer.match(/HTTP\/1\.1 /g)).toHaveLength(1);
      const chunked = request.replace("Content-Length: 2", "Transfer-Encoding: chunked");
      expect(await exchange(await world.connect(), chunked + smuggled)).toMatch(/^HTTP\/1\.1 400 /);
    }
  });

  test("what follows on an attached connection is the container's input, not a request", async () => {
    const made = await create({
      Image: good,
      Cmd: ["cat"],
      OpenStdin: true,
      StdinOnce: true,
      AttachStdin: true,
      AttachStdout: true,
      HostConfig: { NetworkMode: "none" },
    });
    const { Id: id } = JSON.parse(made.body) as { Id: string };
    await world.ask("POST", `/containers/${id}/start`);
    const socket = await world.connect();
    const attach = `POST /v1.41/containers/${id}/attach?stream=1&stdin=1&stdout=1 HTTP/1.1\r\nHost: d\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n`;
    const answering = exchange(socket, attach, "GET /_ping HTTP/1.1\r\n\r\n");
    socket.end(); // ends the standard input, and so `cat`; its output comes all the same
    const answer = await answering;
    await world.direct("rm", "-f", id);
    expect(answer).toMatch(/^HTTP\/1\.1 101 UPGRADED\r\n/);
    expect(answer).toContain("GET /_ping HTTP/1.1");
    expect(answer).not.toContain("200 OK");
  });

  test("an image that is mounted is judged as one that runs", async () => {
    const answer = await create({
      Image: good,
      HostConfig: { Mounts: [{ Type: "image", Source: bad, Target: "/m" }] },
    });
    expect(answer.status).toBe(403);
    expect(answer.body).toContain(`${bad} is not signed`);
  });

  test("labels that claim a verdict change nothing", async () => {
    const labels = { "countersign.verdict": "admit", "com.docker.stack.image": good };
    const answer = await create({ Image: bad, Labels: labels });
    expect(answer.body).toContain(`${bad} is not signed`);
  });

  test("names in a body lead the gateway to no other operation of the engine", async () => {
    for (const from of ["..", "../images/json?", "a/../../info", "", "."]) {
      const body = json({ Image: good, HostConfig: { VolumesFrom: [from] } });
      const answer = await world.ask("POST", "/containers/create", { as: "limited", body });
      expect([400, 404]).toContain(answer.status);
    }
  });

  test("a runtime of the client's choice is the administrator's alone", async () => {
    const ran = await world.docker(["run", "--rm", "--network", "none", "--runtime", "runc", good]);
    expect(ran.err).toContain("HostConfig.Runtime");
    const asRoot = await world.docker(
      ["run", "--rm", "--network", "none", "--runtime", "runc", good],
      { as: "root" },
    );
    expect(asRoot).toMatchObject({ status: 0 });
  });

  test.for([
    ["--privileged"],
    ["-v", "/var/run/docker.sock:/s"],
    ["-v", "/:/host"],
    ["--mount", "type=bind,source=/,target=/host"],
    ["--mount", "type=volume,target=/h,volume-opt=type=none,volume-opt=o=bind,volume-opt=device=/"],
    ["--pid", "host"],
    ["--ipc", "host"],
    ["--uts", "host"],
    ["--userns", "host"],
    ["--cap-add", "SYS_ADMIN"],
    ["--device", "/dev/null"],
    ["--security-opt", "seccomp=unconfined"],
    ["--cgroup-parent", "/x"],
    ["--sysctl", "kernel.msgmax=1"],
  ] as const)("restricted control does not reach the host with %s %s", async (flags) => {
    const args = ["run", "--rm", "--network", "none", ...flags, good];
    const ran = await world.docker(args, { as: "limited" });
    expect(ran.status).toBe(125);
    expect(ran.err).toContain("access denied: ");
    expect(ran.err).toContain("needs full control");
  });

  test("restricted control runs plain containers and volumes, and execs nothing", async () => {
    const as = "limited";
    const run = ["run", "-d", "--network", "none", "-v", "plain:/data", good, "sleep", "60"];
    const id = (await succeed(world.docker(run, { as }))).out.trim();
    const exec = await world.docker(["exec", id, "id"], { as });
    expect(exec.err).toContain("needs full control");
    await succeed(world.docker(["rm", "-f", id], { as }));
    await succeed(world.docker(["volume", "rm", "plain"], { as }));
    const volume = ["volume", "create", "-o", "type=none", "-o", "o=bind", "-o", "device=/", "v"];
    expect((await world.docker(volume, { as })).err).toContain("needs full control");
    expect((await world.docker(["run", "--rm", "--net", "host", good], { as })).err).toContain(
      "HostConfig.NetworkMode",
    );
  });

  test("full control may reach the host, with signed images only", async () => {
    const reach = ["--cap-add", "SYS_PTRACE", "-v", "/:/host:ro", "--network", "host"];
    const ran = await world.docker(["run", "--rm", ...reach, good]);
    expect(ran).toMatchObject({ status: 0, out: "signed\n" });
    const refused = await world.docker(["run", "--rm", "--privileged", bad]);
    expect(refused.err).toContain("is not signed");
  });

  test("a viewer looks and does nothing else", async () => {
    const as = "viewer";
    await succeed(world.docker(["ps"], { as }));
    await succeed(world.docker(["images"], { as }));
    for (const args of [
      ["run", "--rm", good],
      ["pull", good],
      ["tag", good, "x:1"],
      ["volume", "create"],
      ["network", "create", "n"],
      ["swarm", "init"],
    ]) {
      const ran = await world.docker(args, { as });
      expect(ran.err).toContain("access denied: viewer has view-only access");
    }
  });

  test("swarm membership, nodes and plugins are the administrator's", async () => {
    for (const [method, target] of [
      ["POST", "/swarm/init"],
      ["GET", "/swarm"],
      ["GET", "/swarm/unlockkey"],
      ["POST", "/swarm/join"],
      ["POST", "/nodes/x/update?version=1"],
      ["DELETE", "/plugins/x"],
    ] as const)
      expect((await world.ask(method, target)).body).toContain("a cluster administrator");
  });

  test("engine plugins pass for nobody", async () => {
    for (const [method, target] of [
      ["GET", "/plugins/privileges?remote=acme/plugin"],
      ["POST", "/plugins/pull?remote=acme/plugin"],
      ["POST", "/plugins/create?name=x"],
      ["POST", "/plugins/acme/x:1/upgrade?remote=y"],
      ["POST", "/plugins/x/enable"],
      ["POST", "/plugins/x/set"],
    ] as const) {
      const answer = await world.ask(method, target, { as: "root" });
      expect(answer.status).toBe(403);
      expect(answer.body).toContain("engine plugins run with privileges");
    }
  });

  test("starting a container cannot bring settings along", async () => {
    const body = json({ Binds: ["/:/host"] });
    for (const target of ["/containers/x/start", "/v1.24/containers/x/start"])
      expect((await world.ask("POST", target, { body })).status).toBe(400);
  });

  test.for([
    ["version=2", "DOCKER_BUILDKIT=0"],
    ["session=x", "DOCKER_BUILDKIT=0"],
    ["remote=https://example.com/x.git", "send the files themselves"],
    ["remote=client-session", "send the files themselves"],
  ] as const)("a build with %s is refused", async ([query, words]) => {
    const answer = await world.ask("POST", `/v1.41/build?${query}`, {
      headers: { "content-type": "application/x-tar" },
    });
    expect(answer.status).toBe(403);
    expect(answer.body).toContain(words);
  });

  test("a build on the host's network is a way to the host", async () => {
    const headers = { "content-type": "application/x-tar" };
    const target = "/v1.41/build?networkmode=host";
    const answer = await world.ask("POST", target, { as: "limited", headers });
    expect(answer.body).toContain("networkmode");
  });

  test("an import by address is not for restricted control", async () => {
    const target = "/images/create?fromSrc=http%3A%2F%2F127.0.0.1%2Fx&repo=x";
    const answer = await world.ask("POST", target, { as: "limited" });
    expect(answer.status).toBe(403);
  });

  test("restricted control stays out of containers that reach the host, whoever made them", async () => {
    const as = "limited";
    const run = ["run", "-d", "--network", "host", "-v", "/tmp:/host", good, "sleep", "60"];
    const id = (await succeed(world.docker(run))).out.trim();
    const file = join(world.folder, "file");
    await writeFile(file, "x");
    for (const args of [
      ["cp", file, `${id}:/host/x`],
      ["cp", `${id}:/text`, `${file}-2`],
      ["attach", id],
      ["run", "--rm", "--network", "none", "--volumes-from", `${id}:ro`, good],
      ["run", "--rm", "--network", `container:${id}`, good],
    ]) {
      const ran = await world.docker(args, { as });
      expect(ran.status).not.toBe(0);
      // Of a refused attach, the client shows the status alone.
      expect(ran.err).toMatch(/needs full control|received 403/);
    }
    const plain = ["run", "-d", "--network", "none", "-v", "/data", good, "sleep", "60"];
    const other = (await succeed(world.docker(plain, { as }))).out.trim();
    await succeed(world.docker(["cp", file, `${other}:/x`], { as }));
    const share = ["run", "--rm", "--network", `container:${other}`, "--volumes-from", other, good];
    expect(await world.docker(share, { as })).toMatchObject({ status: 0, out: "signed\n" });
    await succeed(world.docker(["rm", "-fv", id, other]));
  });

  test("an archive cannot smuggle an image in under a signed digest", async () => {
    const digest = [...world.judge.signed.values()][0] ?? "";
    const forge = `
      set -e; cd '${world.folder}'; mkdir forged; cp -r rootfs forged/rootfs; cd forged
      echo forged > rootfs/text; tar -C rootfs -cf layer.tar .; sum=$(sha256sum layer.tar | cut -d' ' -f1)
      echo '{"architecture":"amd64","os":"linux","config":{"Cmd":["cat","/text"]},"rootfs":{"type":"layers","diff_ids":["sha256:'$sum'"]}}' > config.json
      for name in '${web}:1' '${web}:1@${digest}' '${web}@${digest}'; do
        echo '[{"Config":"config.json","RepoTags":["'$name'"],"Layers":["layer.tar"]}]' > manifest.json
        tar -cf "$(echo "$name" | tr -c 'a-z0-9\n' _).archive" config.json layer.tar manifest.json
      done; ls *.archive`;
    const made = await finish(spawn("sh", ["-c", forge]));
    expect(made.out.trim().split("\n")).toHaveLength(3);
    for (const name of made.out.trim().split("\n")) {
      await world.docker(["load", "-i", join(world.folder, "forged", name)]);
      const ran = await world.docker(["run", "--rm", "--network", "none", good]);
      expect(ran).toMatchObject({ status: 0, out: "signed\n" });
    }
  });

  test("no certificate, or one of another authority, ends the handshake", async () => {
    await expect(world.ask("GET", "/_ping", { as: "stranger" })).rejects.toMatchObject({
      code: expect.stringMatching(/^ERR_SSL|^ECONN|^EPIPE/),
    });
    const plain = tcpConnect(world.port, "127.0.0.1");
    plain.on("error", () => undefined); // a reset is as good an end
    plain.write("GET /_ping HTTP/1.1\r\nHost: d\r\n\r\n");
    const chunks: Buffer[] = [];
    plain.on("data", (chunk: Buffer) => chunks.push(chunk));
    await once(plain, "close");
    expect(Buffer.concat(chunks).toString()).not.toContain("200 OK");
  });

  test("a key that is not, or no longer, an account's is refused at the next request", async () => {
    expect((await world.ask("GET", "/info", { as: "nobody" })).status).toBe(401);
    const { fingerprint } = world.client("dev");
    const dev = world.callers.known.get(fingerprint);
    const socket = await world.connect();
    const ask = "GET /_ping HTTP/1.1\r\nHost: d\r\n\r\n";
    socket.write(ask);
    const [first] = (await once(socket, "data")) as [Buffer];
    world.callers.known.delete(fingerprint);
    const rest = await exchange(socket, ask.replace("Host: d", "Host: d\r\nConnection: close"));
    if (dev !== undefined) world.callers.known.set(fingerprint, dev);
    expect(first.toString()).toContain("200 OK");
    expect(rest).toContain("HTTP/1.1 401");
    const none = await world.docker(["ps"], { as: "nobody" });
    expect(none.err).toContain("download a new client bundle");
  });

  test("accounts that cannot be read let nobody in", async () => {
    world.callers.isBroken = true;
    expect((await world.ask("GET", "/info")).status).toBe(503);
  });

  test("a judge that fails lets no image through", async () => {
    world.judge.mode = "broken";
    expect((await create({ Image: good })).status).toBe(503);
    const pull = await world.ask("POST", `/images/create?fromImage=${web}&tag=1`);
    expect(pull.status).toBe(503);
  });
});
