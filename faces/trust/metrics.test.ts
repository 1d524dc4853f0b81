import { pino } from "pino";
import { Agent, FormData, request } from "undici";
import { expect, test } from "vitest";
import { parseGun, parseRegistryHost } from "#domain/oci";
import { certifiedKey, signRoot, signTargets, testKey, testRepository } from "#domain/tuf/testing";
import type { TestKey } from "#domain/tuf/testing";
import { createMetrics, metricsFace, serveHttp } from "#faces/http";
import { trustFace, trustMetrics } from "#faces/trust";
import { createTrustService, observedKeys, observedStore } from "#services/trust";
import { inMemoryKeyVault, inMemoryMetadataStore } from "#services/trust/testing";

const { gun } = parseGun("registry.test/secret-project/web");
const o = { signal: new AbortController().signal };
const msPerDay = 86_400_000;

test("what the trust server does is counted, and nothing names a repository", async () => {
  const start = Date.UTC(2026, 5, 1);
  let now = start;
  const metrics = createMetrics();
  const observer = trustMetrics(metrics);
  const trust = createTrustService({
    store: observedStore(inMemoryMetadataStore(), observer),
    keys: observedKeys(inMemoryKeyVault(), observer),
    clock: () => now,
    registryHost: parseRegistryHost("registry.test"),
  });
  const identity = await certifiedKey({
    name: "localhost",
    notBefore: Date.now() - 60_000,
    notAfter: Date.now() + 3_600_000,
  });
  const tokens = {
    verify: () =>
      Promise.resolve({
        account: undefined,
        scopes: [{ type: "repository", name: gun, actions: new Set(["*"] as const) }] as const,
      }),
  };
  const challenge = { realm: "https://registry.test/token", service: "registry.test" };
  const server = await serveHttp(
    {
      faces: [trustFace({ trust, tokens, challenge, metrics }), metricsFace(metrics)],
      tls: {
        certificate: identity.pem,
        key: identity.privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
      },
      log: pino({ level: "silent" }),
      drainSeconds: 1,
    },
    { host: "127.0.0.1", port: 0 },
  );
  const agent = new Agent({
    connect: { ca: identity.pem, host: "127.0.0.1", servername: "localhost" },
  });
  const ask = async (method: "GET" | "POST", path: string, body?: FormData): Promise<string> => {
    const answer = await request(`https://localhost:${server.port}${path}`, {
      method,
      dispatcher: agent,
      headers: { authorization: "Bearer any" },
      ...(body === undefined ? {} : { body }),
    });
    return answer.body.text();
  };
  try {
    const owner = await testRepository(gun, start);
    for (const role of ["timestamp", "snapshot"] as const) {
      const listed = (await trust.serverKey(gun, role, o)) as TestKey["listed"];
      owner[role].keys = [{ ...testKey(), listed }];
    }
    const update = async (): Promise<FormData> => {
      const form = new FormData();
      const files = { root: await signRoot(owner), targets: await signTargets(owner.targets) };
      for (const [name, bytes] of Object.entries(files))
        form.append("files", new Blob([new Uint8Array(bytes)]), name);
      return form;
    };
    const tuf = `/v2/${gun}/_trust/tuf/`;
    expect(await ask("POST", tuf, await update())).toBe("");
    expect(await ask("POST", tuf, await update())).toContain("VERSION");
    now += 8 * msPerDay;
    await ask("GET", `${tuf}timestamp.json`);
    await ask("GET", `${tuf}1.root.json`);
    await ask("GET", `${tuf}nothing`);
    await ask("GET", `/v2/${gun}/_trust/changefeed?records=x`);
    const text = await ask("GET", "/metrics");
    const lines = text.split("\n").filter((line) => /^countersign_trust_[a-z_]+_total/.test(line));
    expect(lines.toSorted()).toEqual([
      "countersign_trust_conflicts_total 1",
      'countersign_trust_files_published_total{kind="root"} 1',
      'countersign_trust_files_published_total{kind="snapshot"} 1',
      'countersign_trust_files_published_total{kind="targets"} 1',
      'countersign_trust_files_published_total{kind="timestamp"} 2',
      'countersign_trust_requests_total{operation="changefeed",code="400"} 1',
      'countersign_trust_requests_total{operation="get-by-version",code="200"} 1',
      'countersign_trust_requests_total{operation="get-current",code="200"} 1',
      'countersign_trust_requests_total{operation="other",code="404"} 1',
      'countersign_trust_requests_total{operation="publish",code="200"} 1',
      'countersign_trust_requests_total{operation="publish",code="400"} 1',
      'countersign_trust_resignings_total{role="timestamp"} 1',
      expect.stringMatching(/^countersign_trust_signings_total\{role="snapshot"\} \d$/),
      expect.stringMatching(/^countersign_trust_signings_total\{role="timestamp"\} \d$/),
    ]);
    expect(text).toMatch(/duration_seconds_count\{operation="publish"\} 2/);
    expect(text).toMatch(/^process_resident_memory_bytes [1-9]\d+$/m);
    expect(text).not.toMatch(/registry\.test|secret-project/);
  } finally {
    await agent.close();
    await server.close();
  }
});
