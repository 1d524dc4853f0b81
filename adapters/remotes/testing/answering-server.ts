import { createServer, type ServerOptions } from "node:https";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { certifiedKey } from "#domain/tuf/testing";

export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

export type AnsweringServer = AsyncDisposable & {
  readonly url: string;
  readonly caPem: string;
  /** To be somebody else with the same name. */
  readonly identity: { readonly cert: string; readonly key: string | Buffer };
  /** `GET /v2/` and so on, in order. */
  readonly asked: string[];
  /** How many connections were ever opened. */
  readonly connections: () => number;
  answer: Handler;
};

/** Believed by its own certificate only, and on loopback. */
export async function answeringServer(options: ServerOptions = {}): Promise<AnsweringServer> {
  const terms = { notBefore: Date.now() - 60_000, notAfter: Date.now() + 86_400_000 };
  const identity = await certifiedKey({ name: "localhost", dnsName: "localhost", ...terms });
  const key = identity.privateKey.export({ type: "pkcs8", format: "pem" });
  const asked: string[] = [];
  let connections = 0;
  const self = { cert: identity.pem, key };
  const server = createServer({ ...self, ...options }, (request, response) => {
    request.on("error", () => undefined); // a client that is gone
    response.on("error", () => undefined);
    asked.push(`${request.method} ${request.url}`);
    here.answer(request, response);
  });
  server.on("secureConnection", () => (connections += 1));
  await new Promise<void>((resolve) => server.listen(0, "localhost", resolve));
  const here: AnsweringServer = {
    url: `https://localhost:${(server.address() as AddressInfo).port}`,
    caPem: identity.pem,
    identity: self,
    asked,
    connections: () => connections,
    answer: (_, response) => void response.end("file"),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return here;
}
