import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { Readable } from "node:stream";
import { pino } from "pino";
import { parseAccountName, parseTeamName } from "#domain/identity";
import { parseGun, parseTag, type Digest, type Gun, type RegistryHost } from "#domain/oci";
import { parseRoleName, rootRole, targetsRole, type RoleName } from "#domain/tuf";
import { signRoot, signTargets, testKey, testRepository, type TestKey } from "#domain/tuf/testing";
import { readConfig } from "../../apps/server/config.ts";
import { wire, type App } from "../../apps/server/wire.ts";
import type { SignedImage } from "./remote-world.ts";

const o = { signal: new AbortController().signal };
const admin = parseAccountName("admin");
const qa = parseRoleName("targets/qa");
const team = parseTeamName("acme/qa");

/** Our whole program, with an image that its policy asks a team for, and somebody who can write to its database. */
export type OwnWorld = AsyncDisposable & {
  readonly gun: Gun;
  app: App;
  /** As another process that shares the database, or this one after a restart. */
  restart(): Promise<void>;
  /** The owner and the team sign the same image again, in newer versions. */
  publish(): Promise<void>;
  /** Another repository of the same owner and team, whose tag names the same image. */
  publishOther(): Promise<Gun>;
  /** One SQL statement behind the program's back. Throws where it changes nothing. */
  write(sql: string, ...values: readonly (string | number | Uint8Array)[]): void;
  /** What the database holds of trust data now; what it gives puts all of it back. */
  keepRows(): () => void;
  /** The stored file of a role, the newest or of a version. */
  file(role: string, version?: number): Uint8Array;
};

export async function ownWorld(signed: SignedImage, host: RegistryHost): Promise<OwnWorld> {
  const data = await mkdtemp(join(tmpdir(), "countersign-own-"));
  const env = { COUNTERSIGN_DATA: data, COUNTERSIGN_HOST: host, COUNTERSIGN_ENGINE: "none" };
  const open = (): Promise<App> => wire(readConfig(env), pino({ level: "silent" }), o);
  const key = testKey();
  const app = await open();
  await takeImage(app, signed, host);
  await prepare(app, key);
  const database = new DatabaseSync(join(data, "countersign.sqlite"));
  const { gun } = parseGun(signed.gun);
  const own = await begin(app, key, { gun, content: signed.content });
  const world: OwnWorld = {
    gun,
    app,
    async restart() {
      await world.app.close();
      world.app = await open();
    },
    publish: () => own(world.app),
    async publishOther() {
      const other = parseGun(`${host}/acme/other`).gun;
      await begin(world.app, key, { gun: other, content: signed.content });
      return other;
    },
    write(sql, ...values) {
      if (database.prepare(sql).run(...values).changes === 0) throw new Error("nothing changed");
    },
    keepRows() {
      const kept = ["trust_files", "trust_roots", "trust_seen"].map((table) => {
        const rows = database.prepare(`select * from ${table}`).all();
        return { table, rows };
      });
      return () => {
        for (const { table, rows } of kept) {
          database.exec(`delete from ${table}`);
          for (const row of rows) {
            const names = Object.keys(row);
            const marks = names.map(() => "?").join(", ");
            const insert = `insert into ${table} (${names.join(", ")}) values (${marks})`;
            database.prepare(insert).run(...Object.values(row));
          }
        }
      };
    },
    file(role, version) {
      const which = version === undefined ? "order by version desc limit 1" : "and version = ?";
      const row = database
        .prepare(`select bytes from trust_files where gun = ? and role = ? ${which}`)
        .get(gun, role, ...(version === undefined ? [] : [version]));
      const bytes = row?.["bytes"];
      if (!(bytes instanceof Uint8Array)) throw new Error(`no file of ${role}`);
      return bytes;
    },
    async [Symbol.asyncDispose]() {
      database.close();
      await world.app.close();
      await rm(data, { recursive: true, force: true });
    },
  };
  return world;
}

/** Our registry holds the image too: the gatekeeper asks it what an engine has to hold under the signed name. */
async function takeImage(app: App, { gun, content }: SignedImage, host: string): Promise<void> {
  const { repository } = parseGun(gun);
  const { mediaType, config, layers } = JSON.parse(content) as Manifest;
  for (const { digest } of [config, ...layers]) {
    const blob = await fetch(`http://${host}/v2/${repository}/blobs/${digest}`);
    const part = { body: Readable.from([Buffer.from(await blob.arrayBuffer())]) };
    await app.registry.putBlob(repository, { digest, part, by: undefined }, o);
  }
  const bytes = Buffer.from(content);
  const put = { repository, reference: parseTag("1"), mediaType, bytes, by: undefined };
  await app.registry.putManifest(put, o);
}

type Manifest = {
  readonly mediaType: string;
  readonly config: { readonly digest: Digest };
  readonly layers: readonly { readonly digest: Digest }[];
};

/** Makes the policy ask for a team that holds `key`. */
async function prepare(app: App, key: TestKey): Promise<void> {
  const { accounts, gatekeeper } = app;
  await accounts.ensureFirstAdmin(() => Promise.resolve(), o);
  await accounts.addKey(admin, { label: "test", pem: key.pem }, o);
  await accounts.createOrganization({ name: parseAccountName("acme"), fullName: "" }, o);
  await accounts.createTeam({ name: team, description: "", right: "read" }, o);
  await accounts.addMember(team, admin, o);
  const required = [{ team, people: 1 }];
  await gatekeeper.setPolicy({ mode: "enforce", required, ifVersion: 0 }, admin, o);
}

/** Begins a repository that the team has signed. What it gives signs the same again, in newer versions. */
async function begin(
  app: App,
  key: TestKey,
  { gun, content }: SignedImage & { readonly gun: Gun },
): Promise<(through: App) => Promise<void>> {
  const owner = await testRepository(gun, Date.now());
  const listed = (role: "timestamp" | "snapshot") => app.trust.serverKey(gun, role, o);
  for (const role of ["timestamp", "snapshot"] as const)
    owner[role].keys = [{ ...key, listed: (await listed(role)) as TestKey["listed"] }];
  const releases = owner.delegate("targets/releases", { keys: [key] });
  const countersigned = owner.delegate(qa, { keys: [key] });
  for (const role of [releases, countersigned]) role.targets.set("1", content);
  const files = async (): Promise<[RoleName, Uint8Array][]> => [
    [targetsRole, await signTargets(owner.targets)],
    [parseRoleName("targets/releases"), await signTargets(releases)],
    [qa, await signTargets(countersigned)],
  ];
  const first: [RoleName, Uint8Array] = [rootRole, await signRoot(owner)];
  await app.trust.update(gun, new Map([first, ...(await files())]), o);
  return async (through) => {
    for (const role of [owner.targets, releases, countersigned]) role.version += 1;
    await through.trust.update(gun, new Map(await files()), o);
  };
}
