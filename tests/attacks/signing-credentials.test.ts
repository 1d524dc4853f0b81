import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openPeopleLab, passphrase, type PeopleLab } from "../interop/people-lab.ts";

const forbidden =
  /long test passphrase|passphrase of a backup|password of alice|BEGIN (?:EC |RSA )?PRIVATE KEY/;

let lab: PeopleLab;
beforeAll(async () => {
  lab = await openPeopleLab();
});
afterAll(() => lab[Symbol.asyncDispose]());

/** A trust server of somebody else, which wants to know who asks. */
async function stranger(challenge: (url: string) => string) {
  const heard: string[] = [];
  let url = "";
  const server = createServer((request, response) => {
    const body: Buffer[] = [];
    request.on("data", (chunk: Buffer) => body.push(chunk));
    request.on("end", () => {
      heard.push(
        `${request.url ?? ""} ${JSON.stringify(request.headers)} ${Buffer.concat(body).toString()}`,
      );
      response.writeHead(401, { "www-authenticate": challenge(url) }).end("{}");
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  url = `http://localhost:${(server.address() as AddressInfo).port}`;
  return {
    url,
    heard,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

test.for([
  ["a password", () => "Basic realm=x"],
  ["a token", (url: string) => `Bearer realm="${url}/token",service="x"`],
] as const)(
  "another trust server that asks for %s hears neither password nor session",
  { timeout: 120_000 },
  async ([, challenge]) => {
    await using other = await stranger(challenge);
    const alice = await lab.person("alice");
    await lab.push("acme/web", "1", "an image");
    const sign = ["sign", "acme/web:1", "--yes", "--trust-server", other.url];
    const withPassword = await alice.run(sign);
    expect(withPassword.exitCode).toBe(1);
    const env = { COUNTERSIGN_USER: "", COUNTERSIGN_PASSWORD: "" };
    const login = await alice.run(["login", "alice"], { env, typed: ["password of alice"] });
    expect(login.exitCode).toBe(0);
    await alice.run(sign, { env });
    expect(other.heard.length).toBeGreaterThan(1);
    const said = other.heard.join("\n");
    expect(said).not.toMatch(/authorization|session:|password/i);
  },
);

test("no passphrase, password or private key is printed, or lies anywhere in the clear", async () => {
  const alice = await lab.person("alice");
  await lab.push("acme/secret", "1", "another image");
  const secrets = { COUNTERSIGN_BACKUP_PASSPHRASE: "the passphrase of a backup" };
  const commands: readonly (readonly string[])[] = [
    ["sign", "acme/secret:1", "--yes"],
    ["sign", "acme/secret:1", "--yes", "--format", "json"],
    ["verify", "acme/secret:1"],
    ["inspect", "acme/secret:1", "--format", "json"],
    ["key", "backup", "keys.backup"],
    ["key", "doctor"],
    ["key", "doctor", "--format", "json"],
    ["login", "alice"],
  ];
  let said = "";
  const codes: number[] = [];
  for (const command of commands) {
    const typed = command[0] === "login" ? { typed: ["password of alice"] } : {};
    const ran = await alice.run(command, { env: secrets, ...typed });
    codes.push(ran.exitCode);
    said += ran.out + ran.err;
  }
  // Wrong in every way: errors say no more than what is printed when all is well.
  for (const command of commands) {
    const wrong = {
      COUNTERSIGN_PASSPHRASE: `${passphrase} wrong`,
      COUNTERSIGN_PASSWORD: "password of alice wrong",
      COUNTERSIGN_BACKUP_PASSPHRASE: "the passphrase of a backup wrong",
    };
    const ran = await alice.run(command, { env: wrong });
    said += ran.out + ran.err;
  }
  expect(codes.slice(0, 2)).toEqual([0, 0]);
  expect(said).not.toMatch(forbidden);
  const files = await readdir(alice.home, { recursive: true, withFileTypes: true });
  const kept = files
    .filter((file) => file.isFile())
    .map((file) => join(file.parentPath, file.name));
  expect(kept.some((file) => file.endsWith("keys.backup"))).toBe(true);
  const telling: string[] = [];
  const open: string[] = [];
  for (const file of kept) {
    if (forbidden.test(await readFile(file, "latin1"))) telling.push(file);
    const isOurs = !/config\.json$|\.crt$|\.lock$/.test(file);
    if (isOurs && ((await stat(file)).mode & 0o077) !== 0) open.push(file);
  }
  expect({ telling, open }).toEqual({ telling: [], open: [] });
}, 120_000);
