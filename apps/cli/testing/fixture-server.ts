import { apiPrefix, operations, type OperationName, type Operations } from "#contracts";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import type { z } from "zod";
import { localhostCertificate } from "./certificate.ts";

/** A call that the fixture got: what a test looks at afterwards. */
export type Call = {
  readonly operation: OperationName;
  readonly path: string;
  readonly token: string | undefined;
  readonly body: unknown;
};
/** What to answer, in the contract's own shapes; a function sees the call. */
export type Answers = {
  [Name in OperationName]?:
    z.input<Operations[Name]["answer"]> | ((call: Call) => z.input<Operations[Name]["answer"]>);
};
/** An answer that is not 2xx, to be thrown by an answering function. */
export class Refusal extends Error {
  readonly status: number;
  readonly problem: { code: string; message: string; hint?: string };
  constructor(status: number, problem: { code: string; message: string; hint?: string }) {
    super(problem.message);
    this.status = status;
    this.problem = problem;
  }
}

export type FixtureServer = AsyncDisposable & {
  readonly address: string;
  readonly ca: string;
  readonly calls: readonly Call[];
};

/** Answers our REST API with the given values over real HTTPS; requests must fit the contract. */
export async function fixtureServer(answers: Answers): Promise<FixtureServer> {
  const { cert, key } = await localhostCertificate();
  const calls: Call[] = [];
  const server = createServer({ cert, key }, (request, response) => {
    void (async () => {
      const send = (status: number, value: unknown): void => {
        response.writeHead(status, { "content-type": "application/json" });
        response.end(value === undefined ? "" : JSON.stringify(value));
      };
      try {
        const url = new URL(request.url ?? "/", "https://localhost");
        const operation = operationOf(request.method ?? "GET", url.pathname);
        if (operation === undefined)
          return send(404, { code: "fixture/unknown", message: url.pathname });
        const shape: { path: string; body?: z.ZodType; query?: z.ZodType } = operations[operation];
        const sent =
          request.headers["content-type"] === undefined ? undefined : await json(request);
        shape.body?.parse(sent);
        shape.query?.parse(Object.fromEntries(url.searchParams));
        const call: Call = {
          operation,
          path: `${url.pathname}${url.search}`.slice(apiPrefix.length),
          token: request.headers.authorization?.replace("Bearer ", ""),
          body: sent,
        };
        calls.push(call);
        const answer: unknown = answers[operation];
        const value: unknown = typeof answer === "function" ? answer(call) : answer;
        send(value === undefined ? 204 : 200, value);
      } catch (error) {
        if (error instanceof Refusal) return send(error.status, error.problem);
        send(500, { code: "fixture/failed", message: String(error) });
      }
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, "localhost", resolve));
  return {
    address: `https://localhost:${(server.address() as AddressInfo).port}`,
    ca: cert,
    calls,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function operationOf(method: string, path: string): OperationName | undefined {
  const names = Object.keys(operations) as OperationName[];
  return names.find((name) => {
    const pattern = operations[name].path.replaceAll(/:[a-z]+/g, "[^/]+");
    return operations[name].method === method && new RegExp(`^${apiPrefix}${pattern}$`).test(path);
  });
}
