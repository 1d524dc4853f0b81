import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { loopbackIdentity } from "../harness/notary-server-pair.ts";
import { startNotaryServer } from "../harness/notary-server.ts";
import { startServer } from "../harness/server.ts";
import { openDistance, type Distance } from "./distance.ts";

/** A trust server behind a distance; everything clients send to it, token requests too, goes that way. */
export type BenchServer = AsyncDisposable & {
  readonly name: "notary-server" | "countersign";
  readonly url: string;
  readonly caFile: string;
  /** What NOTARY_AUTH says; servers without tokens do not look at it. */
  readonly auth: string;
  /** What names of repositories begin with. */
  readonly registryHost: string;
  readonly distance: Distance;
};

/** Debian's `notary-server` with its memory store. */
export async function debianServer(directory: string): Promise<BenchServer> {
  await using stack = new AsyncDisposableStack();
  const distance = stack.use(await openDistance());
  const tls = await loopbackIdentity();
  const caFile = join(directory, "notary-server-ca.pem");
  await writeFile(caFile, tls.certificate);
  const gunPrefixes = ["registry.test/"];
  distance.target = stack.use(await startNotaryServer({ directory, tls, gunPrefixes })).port;
  return behind(distance, stack, {
    name: "notary-server",
    caFile,
    auth: "",
    registryHost: "registry.test",
  });
}

/** Ours as it is shipped, with tokens and its disk. */
export async function ourServer(): Promise<BenchServer> {
  await using stack = new AsyncDisposableStack();
  const distance = stack.use(await openDistance());
  const host = `localhost:${distance.port}`;
  const env = { COUNTERSIGN_LOG_LEVEL: "warn", COUNTERSIGN_HOST: host };
  const server = stack.use(await startServer({ env }));
  distance.target = Number(new URL(server.ui).port);
  return behind(distance, stack, {
    name: "countersign",
    caFile: server.caFile,
    auth: Buffer.from(`admin:${server.adminPassword}`).toString("base64"),
    registryHost: host,
  });
}

function behind(
  distance: Distance,
  stack: AsyncDisposableStack,
  rest: Pick<BenchServer, "name" | "caFile" | "auth" | "registryHost">,
): BenchServer {
  const parts = stack.move();
  return {
    ...rest,
    distance,
    url: `https://localhost:${distance.port}`,
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}
