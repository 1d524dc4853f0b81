import { createHmac } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { createWebhook } from "#adapters/webhook";
import type { WorkloadNotice } from "#services/gatekeeper";

const o = { signal: new AbortController().signal };
const key = Buffer.alloc(32, 7);
const notice: WorkloadNotice = {
  event: "lost",
  kind: "container",
  id: "one",
  name: "web",
  image: "registry.lab/acme/web:1",
  since: 5,
  at: 6,
  policyVersion: 2,
  detail: "not signed",
};

test("a notice comes signed, is taken with 2xx only, and follows no redirect", async () => {
  const seen: { signature: string; body: string }[] = [];
  const statuses = [204, 500, 302];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      seen.push({ signature: String(request.headers["countersign-signature"]), body });
      response.writeHead(statuses[seen.length - 1] ?? 500, { location: "/else" }).end();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
  const webhook = createWebhook({ key: () => Promise.resolve(key), clock: () => 9_999 });
  try {
    const taken = [];
    for (const id of ["1", "2", "3"]) taken.push(await webhook.send(address, id, notice, o));
    expect(taken).toEqual([true, false, false]);
    expect(seen).toHaveLength(3);
    const [first] = seen;
    expect(JSON.parse(first?.body ?? "")).toEqual(notice);
    const expected = createHmac("sha256", key).update(`9.${first?.body}`).digest("hex");
    expect(first?.signature).toBe(`t=9,v1=${expected}`);
  } finally {
    server.close();
    server.closeAllConnections();
  }
});
