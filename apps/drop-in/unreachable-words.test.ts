import { createServer, connect, type AddressInfo } from "node:net";
import { once } from "node:events";
import { expect, test } from "vitest";
import { unreachableWords } from "./unreachable-words.ts";

test("a port where nobody listens is said as the Go clients say it, however deep the cause", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  const [cause] = (await once(connect(port, "127.0.0.1"), "error").catch((error: unknown) => [
    error,
  ])) as [Error];
  const fault = new Error("it failed", { cause: new Error("it still failed", { cause }) });
  expect(unreachableWords(fault)).toBe(`dial tcp 127.0.0.1:${port}: connect: connection refused`);
});

test.for([
  [{ code: "ENOTFOUND", hostname: "no.test" }, "dial tcp: lookup no.test: no such host"],
  [
    { code: "SELF_SIGNED_CERT_IN_CHAIN" },
    "tls: failed to verify certificate: x509: certificate signed by unknown authority",
  ],
  [{ code: "EHOSTDOWN" }, "as the system says it"],
] as const)("%o has words", ([of, words]) => {
  expect(unreachableWords(Object.assign(new Error("as the system says it"), of))).toBe(words);
});
