import { createPrivateKey, createSecretKey, randomBytes } from "node:crypto";
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { pino } from "pino";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createKeyVault, masterKeyOf } from "#adapters/pki";
import { openDatabase, sqlSealedKeyStore } from "#adapters/storage";
import { keepTrustFresh } from "../../apps/server/keep-trust-fresh.ts";
import { rotateMasterKey } from "../../apps/server/rotate-master-key.ts";
import { openSealed } from "../../adapters/pki/key-vault-seal.ts";
import { gun, publisher, wired } from "./wired-world.ts";

const o = { signal: new AbortController().signal };
const everything = { gun: undefined, range: { after: 0 }, limit: 1_000 } as const;

let data = "";
beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), "countersign-dump-"));
});
afterEach(() => rmSync(data, { recursive: true }));

/** Every form in which a secret is likely to be written down. */
function formsOf(secret: Uint8Array): readonly Buffer[] {
  const bytes = Buffer.from(secret);
  const texts = (["hex", "base64", "base64url"] as const).map((form) => bytes.toString(form));
  // Within a longer text of base64 the first characters may differ: its inner part does not.
  const inner = [1, 2].map((skip) => bytes.subarray(skip).toString("base64").slice(0, 38));
  const all = [...texts, ...inner, texts[0]?.toUpperCase() ?? ""].map((text) => Buffer.from(text));
  return [bytes, ...all];
}

/** What is secret of a server key: its number, which is in every form that signs. */
function secretsOf(pkcs8: Uint8Array): readonly Uint8Array[] {
  const key = createPrivateKey({ key: Buffer.from(pkcs8), format: "der", type: "pkcs8" });
  const { d = "" } = key.export({ format: "jwk" });
  return [Buffer.from(d, "base64url"), pkcs8];
}

test("without the master key a dump of the database, the log and the change feed sign nothing", async () => {
  let logged = "";
  const log = pino({ level: "trace" }, { write: (line: string) => (logged += line) });
  const stop = new AbortController();
  let feed = "";
  {
    await using app = await wired(data, log);
    const { publish } = await publisher(app);
    for (const content of ["one", "two", "three"]) await publish(app, content);
    await app.trust.rotateKey(gun, "timestamp", o);
    const keeping = keepTrustFresh(app, log, { signal: stop.signal });
    log.info({ event: "test.app", app: inspect(app, { depth: 4 }) }, "as careless as can be");
    feed = JSON.stringify(await app.trust.changes(everything, o));
    stop.abort();
    await keeping;
  }
  const masters = [readFileSync(join(data, "master.key"))];
  await rotateMasterKey({ env: { COUNTERSIGN_DATA: data }, told: (step) => log.info(step) }, o);
  masters.push(readFileSync(join(data, "master.key")));

  const dump = Buffer.concat(
    readdirSync(data)
      .filter((name) => name.startsWith("countersign.sqlite"))
      .map((name) => readFileSync(join(data, name))),
  );
  const database = await openDatabase(join(data, "countersign.sqlite"));
  const store = sqlSealedKeyStore(database);
  const keys = await store.page({ after: 0, limit: 100 }, o);
  expect(keys.length).toBe(3);
  const master = createSecretKey(masters[1] ?? new Uint8Array());
  const secrets = keys.flatMap(({ gun: of, role, keyId, sealed }) =>
    secretsOf(openSealed(sealed, { master, place: `${of}\n${role}\n${keyId}` })),
  );
  expect(secrets).toHaveLength(6);
  for (const form of [...secrets, ...masters].flatMap(formsOf)) {
    expect(dump.includes(form)).toBe(false);
    expect(logged).not.toContain(form.toString("latin1"));
    expect(feed).not.toContain(form.toString("latin1"));
  }
  // The search finds what is there.
  expect(dump.includes(Buffer.from(keys[0]?.public ?? "none"))).toBe(true);

  const stranger = createKeyVault({ store, master: masterKeyOf(randomBytes(32)) });
  for (const { gun: of, role, keyId } of keys)
    await expect(stranger.signer(of, role, keyId, o)).rejects.toMatchObject({
      code: "trust/key-lost",
    });
  await database.destroy();
});
