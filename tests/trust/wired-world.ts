import { createHash } from "node:crypto";
import { pino } from "pino";
import type { Gun } from "#domain/oci";
import { parseGun } from "#domain/oci";
import { parseAccountName } from "#domain/identity";
import { parseRoleName, rootRole, targetsRole, type RoleName } from "#domain/tuf";
import { signRoot, signTargets, testKey, testRepository, type TestKey } from "#domain/tuf/testing";
import { readConfig } from "../../apps/server/config.ts";
import { wire, type App } from "../../apps/server/wire.ts";

const host = "registry.test";
const o = { signal: new AbortController().signal };
export const image = `${host}/acme/web:1`;
export const { gun } = parseGun(`${host}/acme/web`);
const alice = parseRoleName("targets/alice");

/** The whole program on a data directory, as one process has it; it listens to nobody. */
export async function wired(
  data: string,
  log = pino({ level: "silent" }),
): Promise<App & AsyncDisposable> {
  const env = { COUNTERSIGN_DATA: data, COUNTERSIGN_HOST: host, COUNTERSIGN_ENGINE: "none" };
  const app = await wire(readConfig(env), log, o);
  return { ...app, [Symbol.asyncDispose]: () => app.close() };
}

/** Publishes one release after the other of `acme/web:1`, each countersigned by a person with an account. */
export type Publisher = { readonly publish: (app: App, content: string) => Promise<void> };

/** Begins the repository through `app`, with an account for whoever countersigns. */
export async function publisher(app: App): Promise<Publisher> {
  const key = testKey();
  await app.accounts.ensureFirstAdmin(() => Promise.resolve(), o);
  await app.accounts.addKey(parseAccountName("admin"), { label: "test", pem: key.pem }, o);
  const owner = await testRepository(gun, Date.now());
  owner.timestamp.keys = [await serverKey(app, gun, "timestamp")];
  owner.snapshot.keys = [await serverKey(app, gun, "snapshot")];
  const delegated = owner.delegate(alice, { keys: [key] });
  let isBegun = false;
  return {
    async publish(through, content) {
      for (const role of [owner.targets, delegated]) {
        role.targets.set("1", content);
        if (isBegun) role.version += 1;
      }
      const files: [RoleName, Uint8Array][] = [
        [targetsRole, await signTargets(owner.targets)],
        [alice, await signTargets(delegated)],
      ];
      if (!isBegun) files.push([rootRole, await signRoot(owner)]);
      await through.trust.update(gun, new Map(files), o);
      isBegun = true;
    },
  };
}

/** What may run as `acme/web:1` now, by the verdict of this process. */
export async function released(app: App): Promise<string> {
  const { verdict } = await app.gatekeeper.why({ image }, o);
  return verdict.kind === "admit" ? verdict.reference.digest : JSON.stringify(verdict.reasons);
}

export function digestOf(content: string): string {
  return `sha256:${createHash("sha256").update(content).digest("hex")}`;
}

async function serverKey(app: App, of: Gun, role: "timestamp" | "snapshot"): Promise<TestKey> {
  const listed = await app.trust.serverKey(of, role, o);
  return { ...testKey(), listed: listed as TestKey["listed"] };
}
