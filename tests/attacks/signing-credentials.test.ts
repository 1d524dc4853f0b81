import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openPeopleLab, type PeopleLab } from "../interop/people-lab.ts";

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
  120_000,
);
