import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { Agent, FormData, request } from "undici";
import { expect, test } from "vitest";
import { openDatabase, sqlMetadataStore } from "#adapters/storage";
import { parseGun, parseRegistryHost } from "#domain/oci";
import {
  decodeRoot,
  decodeSnapshot,
  decodeTargets,
  decodeTimestamp,
  requireContent,
  rootRole,
  snapshotRole,
  targetsRole,
  verifyRoot,
  verifyThreshold,
} from "#domain/tuf";
import {
  certifiedKey,
  signRoot,
  signTargets,
  testKey,
  testRepository,
  type TestKey,
} from "#domain/tuf/testing";
import { serveHttp, type RunningServer, type TlsIdentity } from "#faces/http";
import { trustFace } from "#faces/trust";
import { createTrustService, type TrustService } from "#services/trust";
import { inMemoryKeyVault } from "#services/trust/testing";

const tries = 1_000;
const { gun } = parseGun("registry.test/acme/web");
const tuf = `/v2/${gun}/_trust/tuf/`;
const o = { signal: new AbortController().signal };

async function serve(trust: TrustService, tls: TlsIdentity): Promise<RunningServer> {
  const scope = { type: "repository", name: gun, actions: new Set(["*"] as const) } as const;
  const tokens = { verify: () => Promise.resolve({ account: undefined, scopes: [scope] }) };
  const challenge = { realm: "https://registry.test/token", service: "registry.test" };
  const faces = [trustFace({ trust, tokens, challenge })];
  const log = pino({ level: "silent" });
  return serveHttp({ faces, tls, log, drainSeconds: 1 }, { host: "127.0.0.1", port: 0 });
}

test(
  `of two who publish at once one wins and the other is told, ${tries} times, and no reader ever sees a mixture`,
  {
    timeout: 240_000,
  },
  async () => {
    const directory = await mkdtemp(join(tmpdir(), "countersign-race-"));
    const database = await openDatabase(join(directory, "database.sqlite"));
    const identity = await certifiedKey({
      name: "localhost",
      notBefore: Date.now() - 60_000,
      notAfter: Date.now() + 3_600_000,
    });
    const tls = {
      certificate: identity.pem,
      key: identity.privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    };
    const agent = new Agent({
      connect: { ca: identity.pem, host: "127.0.0.1", servername: "localhost" },
    });
    // Two services on one store: publishers on one of them would wait for each other, and not collide.
    const keys = inMemoryKeyVault();
    const servers: RunningServer[] = [];
    const registryHost = parseRegistryHost("registry.test");
    try {
      for (let count = 0; count < 2; count += 1) {
        const store = sqlMetadataStore(database);
        const trust = createTrustService({ store, keys, clock: Date.now, registryHost });
        servers.push(await serve(trust, tls));
      }
      const ask = async (
        at: number,
        path: string,
        body?: FormData,
      ): Promise<{ readonly status: number; readonly bytes: Uint8Array }> => {
        const answer = await request(`https://localhost:${servers[at]?.port ?? 0}${tuf}${path}`, {
          method: body === undefined ? "GET" : "POST",
          dispatcher: agent,
          headers: { authorization: "Bearer any" },
          ...(body === undefined ? {} : { body }),
        });
        return {
          status: answer.statusCode,
          bytes: new Uint8Array(await answer.body.arrayBuffer()),
        };
      };

      const owner = await testRepository(gun, Date.now());
      for (const role of ["timestamp", "snapshot"] as const) {
        const service = createTrustService({
          store: sqlMetadataStore(database),
          keys,
          clock: Date.now,
          registryHost,
        });
        const listed = (await service.serverKey(gun, role, o)) as TestKey["listed"];
        owner[role].keys = [{ ...testKey(), listed }];
      }
      const form = (files: Readonly<Record<string, Uint8Array>>): FormData => {
        const body = new FormData();
        for (const [name, bytes] of Object.entries(files))
          body.append("files", new Blob([new Uint8Array(bytes)]), name);
        return body;
      };
      const targetsBy = (who: string): Promise<Uint8Array> => {
        owner.targets.targets.set("by", who);
        return signTargets(owner.targets);
      };
      const first = { root: await signRoot(owner), targets: await targetsBy("nobody") };
      expect((await ask(0, "", form(first))).status).toBe(200);

      const wins = new Set<number>();
      let isOver = false;
      let seen = 0;
      const read = async (): Promise<number> => {
        const fetched = async (file: string): Promise<Uint8Array> => {
          const { status, bytes } = await ask(seen % 2, file);
          if (status !== 200) throw new Error(`${file}: ${status}`);
          return bytes;
        };
        const timestampBytes = await fetched("timestamp.json");
        const { snapshot: described } = decodeTimestamp(timestampBytes).signed;
        const snapshotBytes = await fetched(`snapshot.${described.sha256}.json`);
        requireContent(snapshotRole, snapshotBytes, described);
        const { meta } = decodeSnapshot(snapshotBytes).signed;
        const [rootMeta, targetsMeta] = [meta.get(rootRole), meta.get(targetsRole)];
        if (rootMeta === undefined || targetsMeta === undefined) throw new Error("nothing named");
        const rootBytes = await fetched(`root.${rootMeta.sha256}.json`);
        const targetsBytes = await fetched(`targets.${targetsMeta.sha256}.json`);
        requireContent(rootRole, rootBytes, rootMeta);
        requireContent(targetsRole, targetsBytes, targetsMeta);
        const root = verifyRoot(decodeRoot(rootBytes)).signed;
        verifyThreshold(decodeTimestamp(timestampBytes), root.timestamp);
        verifyThreshold(decodeSnapshot(snapshotBytes), root.snapshot);
        return verifyThreshold(decodeTargets(targetsBytes, targetsRole), root.targets).signed
          .version;
      };
      const reading = (async () => {
        let last = 0;
        while (!isOver) {
          const version = await read();
          expect(version).toBeGreaterThanOrEqual(last);
          last = version;
          seen += 1;
        }
      })();
      const racing = (async () => {
        try {
          for (let count = 1; count <= tries; count += 1) {
            owner.targets.version += 1;
            const [a, b] = [await targetsBy("a"), await targetsBy("b")];
            // Now and then one of them brings a new root as well: it is published with its targets, or not at all.
            const isWithRoot = count % 10 === 0;
            if (isWithRoot) owner.root.version += 1;
            const more = isWithRoot ? { root: await signRoot(owner) } : {};
            const sendA = () => ask(0, "", form({ ...more, targets: a }));
            const sendB = () => ask(1, "", form({ targets: b }));
            const answers =
              count % 2 === 0
                ? await Promise.all([sendA(), sendB()])
                : (await Promise.all([sendB(), sendA()])).toReversed();
            const won = answers.filter(({ status }) => status === 200);
            expect(won).toHaveLength(1);
            wins.add(answers.indexOf(won[0] ?? { status: 0, bytes: new Uint8Array() }));
            const lost = answers.find(({ status }) => status === 400);
            expect(new TextDecoder().decode(lost?.bytes)).toContain('"code":"VERSION"');
            if (isWithRoot && answers[0]?.status !== 200) owner.root.version -= 1;
            const kept = await ask(count % 2, "targets.json");
            const winner = answers[0]?.status === 200 ? a : b;
            expect(Buffer.from(kept.bytes).equals(winner)).toBe(true);
            const root = decodeRoot((await ask(count % 2, "root.json")).bytes).signed;
            expect(root.version).toBe(owner.root.version);
          }
        } finally {
          isOver = true;
        }
      })();
      await Promise.all([racing, reading]);
      expect(await read()).toBe(tries + 1);
      expect(seen).toBeGreaterThan(50);
      expect(wins.size).toBe(2);
    } finally {
      await agent.close();
      for (const server of servers) await server.close();
      await database.destroy();
      await rm(directory, { recursive: true, force: true });
    }
  },
);
