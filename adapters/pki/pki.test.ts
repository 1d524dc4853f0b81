import { execFile } from "node:child_process";
import { generateKeyPairSync, X509Certificate } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, createServer, type TLSSocket } from "node:tls";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { parseAccountName } from "#domain/identity";
import { openPki, type Pki } from "./pki.ts";

const run = promisify(execFile);
const o = { signal: new AbortController().signal };
const dayMs = 24 * 3_600_000;
const names = ["localhost:8443", "localhost", "127.0.0.1", "registry.lab", "[::1]:2376"];

async function folder(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "countersign-pki-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  return directory;
}

async function open(directory: string, now = Date.now()): Promise<Pki> {
  return await openPki(directory, { clock: () => now }, o);
}

async function clientOf(pki: Pki, account = "alice"): Promise<{ cert: string; key: string }> {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const cert = await pki.issueClientCertificate(
    { account: parseAccountName(account), publicKey },
    o,
  );
  return { cert, key: privateKey.export({ type: "pkcs8", format: "pem" }).toString() };
}

test("everything is made once and is the same when opened again", async () => {
  const directory = await folder();
  const first = await open(directory);
  const server = await first.serverIdentity(names, o);
  const again = await open(directory);
  expect(again.caPem).toBe(first.caPem);
  expect(again.clientCaPem).toBe(first.clientCaPem);
  expect(again.tokenKey.equals(first.tokenKey)).toBe(true);
  expect(await again.serverIdentity(names, o)).toEqual(server);
});

test("of several that open a new folder at once, all get the same", async () => {
  const directory = await folder();
  const opened = await Promise.all([open(directory), open(directory), open(directory)]);
  expect(new Set(opened.map((pki) => pki.caPem)).size).toBe(1);
  expect(new Set(opened.map((pki) => pki.clientCaPem)).size).toBe(1);
});

test("files are the owner's alone, and none is left half made", async () => {
  const directory = await folder();
  await (await open(directory)).serverIdentity(names, o);
  const files = (await readdir(directory)).toSorted();
  expect(files).toEqual(["client-ca.pem", "server-ca.pem", "server.pem", "token-key.pem"]);
  for (const file of files) expect((await stat(join(directory, file))).mode & 0o777).toBe(0o600);
  expect((await stat(directory)).mode & 0o777).toBe(0o700);
});

test("a server certificate is made anew for other names, and in the last 30 days", async () => {
  const directory = await folder();
  const now = Date.now();
  const pki = await open(directory, now);
  const first = await pki.serverIdentity(names, o);
  const other = await pki.serverIdentity(["localhost", "other.lab"], o);
  expect(other.certificate).not.toBe(first.certificate);
  const fewer = await pki.serverIdentity(["localhost"], o);
  expect(fewer.certificate).not.toBe(other.certificate);
  const soon = await open(directory, now + 366 * dayMs);
  expect(await soon.serverIdentity(["localhost"], o)).toEqual(fewer);
  const late = await open(directory, now + 368 * dayMs);
  expect((await late.serverIdentity(["localhost"], o)).certificate).not.toBe(fewer.certificate);
});

test.for([[""], ["a b"], ["-x.example"], ["evil.example\nDNS:other"]])(
  "no certificate is made for %j",
  async ([name]) => {
    const pki = await open(await folder());
    await expect(pki.serverIdentity([name ?? ""], o)).rejects.toMatchObject({
      code: "pki/name-invalid",
    });
  },
);

test("a broken file is an error, and is not written over", async () => {
  const directory = await folder();
  await open(directory);
  await writeFile(join(directory, "server-ca.pem"), "broken");
  await expect(open(directory)).rejects.toMatchObject({ code: "pki/file-unreadable" });
});

test("certificates say whose they are, what for, and for how long", async () => {
  const pki = await open(await folder());
  const server = new X509Certificate((await pki.serverIdentity(names, o)).certificate);
  const client = new X509Certificate((await clientOf(pki)).cert);
  expect(client.subject).toBe("CN=alice");
  expect(client.issuer).toBe("CN=Countersign Client CA");
  expect(client.keyUsage).toEqual(["1.3.6.1.5.5.7.3.2"]);
  expect(server.keyUsage).toEqual(["1.3.6.1.5.5.7.3.1"]);
  expect([client.ca, server.ca]).toEqual([false, false]);
  const days = (one: X509Certificate): number =>
    Math.round((one.validToDate.getTime() - one.validFromDate.getTime()) / dayMs);
  expect([days(server), days(client)]).toEqual([397, 1095]);
  expect(days(new X509Certificate(pki.caPem))).toBeGreaterThanOrEqual(3650);
  expect((await clientOf(pki)).cert).not.toBe((await clientOf(pki)).cert);
});

test("openssl accepts each chain for its own use, and for no other", async () => {
  const directory = await folder();
  const pki = await open(directory);
  const file = async (name: string, text: string): Promise<string> => {
    await writeFile(join(directory, name), text);
    return join(directory, name);
  };
  const ca = await file("ca", pki.caPem);
  const clientCa = await file("client-ca", pki.clientCaPem);
  const server = await file("server", (await pki.serverIdentity(names, o)).certificate);
  const client = await file("client", (await clientOf(pki)).cert);
  const verify = async (
    authority: string,
    purpose: string,
    subject: string,
    ...more: string[]
  ): Promise<string> => {
    const how = ["-x509_strict", "-purpose", purpose, "-CAfile", authority];
    const { stdout } = await run("openssl", ["verify", ...how, ...more, subject]);
    return stdout;
  };
  const host = ["-verify_hostname", "registry.lab"];
  const otherHost = ["-verify_hostname", "evil.lab"];
  expect(await verify(ca, "sslserver", server, ...host)).toContain("OK");
  expect(await verify(clientCa, "sslclient", client)).toContain("OK");
  await expect(verify(clientCa, "sslserver", client)).rejects.toThrow(/purpose|usage/);
  await expect(verify(ca, "sslclient", client)).rejects.toThrow(/unable to get/);
  await expect(verify(ca, "sslserver", server, ...otherHost)).rejects.toThrow(/mismatch/);
});

test("a TLS handshake names the client, and refuses strangers", async () => {
  const pki = await open(await folder());
  const { certificate, key } = await pki.serverIdentity(names, o);
  const server = createServer(
    { cert: certificate, key, ca: pki.clientCaPem, requestCert: true, rejectUnauthorized: true },
    (socket) => socket.end(socket.getPeerX509Certificate()?.subject ?? ""),
  );
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const greet = async (client: { cert: string; key: string }): Promise<string> => {
    const socket: TLSSocket = connect({ port, servername: "localhost", ca: pki.caPem, ...client });
    const chunks: Buffer[] = [];
    for await (const chunk of socket) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks).toString();
  };
  expect(await greet(await clientOf(pki))).toBe("CN=alice");
  const stranger = await clientOf(await open(await folder()), "admin");
  const refused = once(server, "tlsClientError");
  // In TLS 1.3 the client may be done before it hears: either way no greeting comes back.
  expect(await greet(stranger).catch(() => "")).toBe("");
  await refused;
});
