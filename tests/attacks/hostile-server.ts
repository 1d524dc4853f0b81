import { createServer } from "node:https";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { certifiedKey, type TestRepository } from "#domain/tuf/testing";

/** Takes a request over: it says itself what is answered, and whether at all. */
export type Misbehaviour = (response: ServerResponse, request: IncomingMessage) => void;

/** A trust server in the hands of an attacker: serves a repository's files, or does what it is told. */
export type HostileServer = AsyncDisposable & {
  readonly url: string;
  readonly caPem: string;
  /** By the name of a file as it is asked for: `timestamp`, `2.root`, `snapshot.#` for any checksum, `*` for all. */
  readonly misbehaviour: Map<string, Misbehaviour>;
  /** Names of the files asked for, in order. */
  readonly asked: string[];
};

const FILE = /^\/v2\/.+\/_trust\/tuf\/(.+)\.json$/;

export async function hostileServer(
  repository: () => Pick<TestRepository, "current" | "shelf">,
): Promise<HostileServer> {
  const identity = await certifiedKey({
    name: "localhost",
    dnsName: "localhost",
    notBefore: Date.now() - 60_000,
    notAfter: Date.now() + 86_400_000,
  });
  const key = identity.privateKey.export({ type: "pkcs8", format: "pem" });
  const misbehaviour = new Map<string, Misbehaviour>();
  const asked: string[] = [];
  const server = createServer({ cert: identity.pem, key }, (request, response) => {
    response.on("error", () => undefined);
    const name = FILE.exec(request.url ?? "")?.[1] ?? "";
    const kind = name.replace(/\.[0-9a-f]{64}$/, ".#");
    asked.push(kind);
    const bad = misbehaviour.get(kind) ?? misbehaviour.get("*");
    if (bad !== undefined) return bad(response, request);
    const bytes = fileNamed(name, repository());
    if (bytes === undefined) return void response.writeHead(404).end("{}");
    response.writeHead(200, { "content-type": "text/plain; charset=utf-8" }).end(bytes);
  });
  await new Promise<void>((resolve) => server.listen(0, "localhost", resolve));
  return {
    url: `https://localhost:${(server.address() as AddressInfo).port}`,
    caPem: identity.pem,
    misbehaviour,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function fileNamed(
  name: string,
  { current, shelf }: Pick<TestRepository, "current" | "shelf">,
): Uint8Array | undefined {
  const [, version, role] = /^([0-9]+)\.(.+)$/.exec(name) ?? [];
  if (version !== undefined) return shelf.get(`${role}.${version}`);
  return name.includes(".") ? shelf.get(name) : current.get(name as never);
}
