import { spawnSync } from "node:child_process";
import { chmod, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { missing } from "../harness/peers.ts";
import { mustRun } from "../harness/peers-run.ts";
import { missingForTokens, softToken, type SoftToken } from "../harness/soft-token.ts";
import { openPeopleLab, passphrase, type PeopleLab, type Person } from "./people-lab.ts";

const backupPassphrase = "another long passphrase";
const withBackup = { env: { COUNTERSIGN_BACKUP_PASSPHRASE: backupPassphrase } };
type Doctor = {
  readonly keys: readonly {
    readonly id: string;
    readonly role: string;
    readonly backedUpAt?: string;
    readonly isRevoked: boolean;
    readonly uses: readonly { repository: string; role: string; alone: boolean; others: number }[];
  }[];
  readonly expiries: readonly { repository: string; role: string; what: string; state: string }[];
  readonly attention: readonly { about: string; message: string; hint: string }[];
};

let lab: PeopleLab;
let alice: Person;
let bob: Person;

beforeAll(async () => {
  lab = await openPeopleLab();
  [alice, bob] = [await lab.person("alice"), await lab.person("bob")];
  await lab.push("acme/web", "1", "web one");
}, 120_000);
afterAll(async () => {
  await lab[Symbol.asyncDispose]();
});

const examine = async (who: Person, ...more: readonly string[]): Promise<Doctor> => {
  const { out } = await who.run(["key", "doctor", "--format", "json", ...more]);
  return JSON.parse(out) as Doctor;
};

test("who makes a root key is reminded to back it up, until it is", async () => {
  const first = await alice.run(["sign", "acme/web:1", "--yes"]);
  expect(first.exitCode).toBe(0);
  expect(first.err).toContain("there is no backup of the root key");
  const off = { env: { COUNTERSIGN_BACKUP_REMINDER: "off" } };
  await lab.push("acme/quiet", "1", "quiet");
  const quiet = await alice.run(["sign", "acme/quiet:1", "--yes"], off);
  expect(quiet).toMatchObject({ exitCode: 0, err: "" });
  const before = await examine(alice);
  expect(before.attention).toMatchObject([{ hint: "countersign key backup FILE" }]);
  expect(before.attention[0]?.message).toContain("2 repositories depend on its own");

  const made = await alice.run(["key", "backup", "keys.backup"], withBackup);
  expect(made).toMatchObject({ exitCode: 0, err: "" });
  expect(made.out).toContain("was read back and checked");
  const after = await examine(alice);
  expect(after.attention).toEqual([]);
  await lab.push("acme/more", "1", "more");
  expect(await alice.run(["sign", "acme/more:1", "--yes"])).toMatchObject({ exitCode: 0, err: "" });
});

test("the doctor says what each key is for, and who else could sign", async () => {
  const { keys, expiries, attention } = await examine(alice);
  const gun = `${lab.host}/acme/web`;
  const root = keys.find(({ role }) => role === "root");
  expect(root?.uses).toContainEqual(
    expect.objectContaining({ repository: gun, role: "root", alone: true, others: 0 }),
  );
  const own = keys.find(({ role }) => role === "alice");
  expect(own?.uses.filter(({ repository }) => repository === gun).map(({ role }) => role)).toEqual(
    expect.arrayContaining(["targets/alice", "targets/releases"]),
  );
  expect(expiries).toContainEqual(
    expect.objectContaining({ repository: gun, role: "root", what: "certificate", state: "good" }),
  );
  expect(attention).toEqual([]);
  const text = await alice.run(["key", "doctor"]);
  expect(text).toMatchObject({ exitCode: 0, err: "" });
  expect(text.out).toContain("nobody else can sign");
  expect(text.out).toContain("Nothing needs attention.");
  const offline = await alice.run(["key", "doctor", "--offline"]);
  expect(offline.exitCode).toBe(0);
  expect(offline.out).toContain("By what was last seen");
});

test("the doctor sees files that are open to others", async () => {
  const folder = join(alice.trustDirectory, "private");
  await chmod(folder, 0o755);
  const ran = await alice.run(["key", "doctor"]);
  expect(ran.exitCode).toBe(1);
  expect(ran.out).toContain("others on this machine may read private");
  await chmod(folder, 0o700);
});

test("a lost directory comes back from the backup: the next signature is as if nothing had happened", async () => {
  const lost = `${alice.trustDirectory}.lost`;
  await rename(alice.trustDirectory, lost);
  const wrong = await alice.run(["key", "restore", "keys.backup"], {
    env: { COUNTERSIGN_BACKUP_PASSPHRASE: "not the one" },
  });
  expect(wrong).toMatchObject({ exitCode: 1, out: "" });
  expect(wrong.err).toContain("the passphrase does not open the backup");
  const restored = await alice.run(["key", "restore", "keys.backup"], withBackup);
  expect(restored).toMatchObject({ exitCode: 0, err: "" });
  expect(restored.out).toContain("restored");
  const again = await alice.run(["key", "restore", "keys.backup"], withBackup);
  expect(again.out).toContain("held already");
  await lab.push("acme/web", "2", "web two");
  expect(await alice.run(["sign", "acme/web:2"])).toMatchObject({ exitCode: 0 });
  await rm(lost, { recursive: true });
});

test("a forgotten passphrase is no loss while there is a backup", async () => {
  const forgotten = { COUNTERSIGN_PASSPHRASE: "" };
  const others = Object.fromEntries(
    Object.keys(alice.env)
      .filter((name) => /PASSPHRASE/.test(name))
      .map((name) => [name, ""]),
  );
  const env = { ...others, ...forgotten, COUNTERSIGN_PASSPHRASE: "a new passphrase" };
  const args = ["key", "restore", "keys.backup", "--new-passphrases", "--replace", "--yes"];
  const restored = await alice.run(args, { env: { ...env, ...withBackup.env } });
  expect(restored).toMatchObject({ exitCode: 0, err: "" });
  await lab.push("acme/web", "3", "web three");
  expect(await alice.run(["sign", "acme/web:3"], { env })).toMatchObject({ exitCode: 0 });
  await alice.run(["key", "restore", "keys.backup", "--replace", "--yes"], withBackup);
});

test("a backup is never written over without a question, nor taken from a broken file", async () => {
  const before = await readFile(join(alice.home, "keys.backup"), "utf8");
  const asked = await alice.run(["key", "backup", "keys.backup"], { ...withBackup, typed: ["n"] });
  expect(asked).toMatchObject({ exitCode: 1 });
  expect(await readFile(join(alice.home, "keys.backup"), "utf8")).toBe(before);
  await writeFile(join(alice.home, "broken"), before.slice(0, -200));
  const broken = await alice.run(["key", "restore", "broken"], withBackup);
  expect(broken).toMatchObject({ exitCode: 1, out: "" });
  expect(broken.err).toContain("damaged or cut off");
  const nothing = await bob.run(["key", "backup", "keys.backup"], withBackup);
  expect(nothing).toMatchObject({ exitCode: 1, out: "" });
  expect(nothing.err).toContain("no key is held");
});

test("a full disk loses nothing: the backup before stays, and no half one is left", async ({
  skip,
}) => {
  const disk = join(bob.home, "disk");
  await mkdir(disk);
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=32k", "tmpfs", disk]);
  if (mounted.status !== 0) return skip("no file system can be mounted here");
  try {
    const file = join(disk, "keys.backup");
    await writeFile(file, "the backup before");
    await writeFile(join(disk, "filler"), Buffer.alloc(65_536)).catch(() => undefined);
    const full = await alice.run(["key", "backup", file, "--yes"], withBackup);
    expect(full).toMatchObject({ exitCode: 1, out: "" });
    expect(full.err).toContain("no space is left");
    expect(await readFile(file, "utf8")).toBe("the backup before");
    expect((await readdir(disk)).sort()).toEqual(["filler", "keys.backup"]);
  } finally {
    spawnSync("umount", ["-l", disk]);
  }
});

test("a key is exported, imported elsewhere, and put under another passphrase", async () => {
  const made = await bob.run(["key", "generate", "--role", "carol"]);
  const id = /[0-9a-f]{64}/.exec(made.out)?.[0] ?? "";
  const pem = await bob.run(["key", "export", id.slice(0, 12)]);
  expect(pem.out).toContain("ENCRYPTED PRIVATE KEY");
  const half = await bob.run(["key", "export", id, "--public"]);
  expect(half.out).toContain("BEGIN PUBLIC KEY");
  await writeFile(join(alice.home, "carol.pem"), pem.out);
  const imported = await alice.run(["key", "import", "carol.pem", "--role", "carol"]);
  expect(imported).toMatchObject({ exitCode: 0, err: "" });
  expect(imported.out).toContain(id.slice(0, 16));
  const changed = await alice.run(["key", "passphrase", id], {
    env: {
      COUNTERSIGN_DELEGATION_PASSPHRASE: "",
      COUNTERSIGN_PASSPHRASE: "",
      DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE: "",
      NOTARY_DELEGATION_PASSPHRASE: "",
    },
    typed: [passphrase, "yet another one", "yet another one"],
  });
  expect(changed).toMatchObject({ exitCode: 0 });
  const unknown = await alice.run(["key", "export", "0000000"]);
  expect(unknown).toMatchObject({ exitCode: 1, out: "" });
  expect(unknown.err).toContain("no key 0000000 is held here");
  await alice.run(["key", "restore", "keys.backup"], withBackup);
});

test("roles are signed again as they are; a snapshot key goes to the server", async () => {
  const nothing = await alice.run(["key", "renew", "acme/web"]);
  expect(nothing).toMatchObject({ exitCode: 0 });
  expect(nothing.out).toContain("nothing of");
  const all = await alice.run(["key", "renew", "acme/web", "--all"]);
  expect(all).toMatchObject({ exitCode: 0 });
  expect(all.out).toContain("targets/releases");
  const served = ["key", "rotate", "acme/web", "snapshot", "--to-server", "--yes"];
  expect(await alice.run(served)).toMatchObject({ exitCode: 0 });
  const wrong = await alice.run(["key", "rotate", "acme/web", "targets/alice", "--yes"]);
  expect(wrong.exitCode).toBe(2);
  expect(await alice.run(["verify", "acme/web:3"])).toMatchObject({ exitCode: 0 });
});

test("a root certificate is renewed with the same key", async () => {
  const { keys } = await examine(alice);
  const id = keys.find(({ role }) => role === "root")?.id ?? "";
  const ran = await alice.run(["key", "rotate", "acme/web", "root", "--to", id, "--yes"]);
  expect(ran).toMatchObject({ exitCode: 0 });
  expect(ran.out).toContain(id);
  expect(await alice.run(["verify", "acme/web:3"])).toMatchObject({ exitCode: 0 });
});

test("the doctor sees keys that are revoked", async () => {
  const [known] = await lab.admin("listKeys", { params: { user: "alice" } });
  const { fingerprint = "" } = known ?? {};
  await lab.admin("revokeKey", { params: { user: "alice", fingerprint } });
  const ran = await alice.run(["key", "doctor"]);
  expect(ran.exitCode).toBe(1);
  expect(ran.out).toContain("is revoked at the server: what it signs does not count");
});

const reason = missingForTokens();
const note = reason === undefined ? "" : `: skipped, ${reason}`;
describe.skipIf(reason !== undefined || missing("notary", "docker"))(
  `a root key on a token${note}`,
  () => {
    let token: SoftToken;
    let env: Readonly<Record<string, string>>;
    beforeAll(async () => {
      token = await softToken();
      process.env["SOFTHSM2_CONF"] = token.env["SOFTHSM2_CONF"];
      env = { COUNTERSIGN_PKCS11_MODULE: token.module, COUNTERSIGN_PKCS11_PIN: token.pin };
    });
    afterAll(async () => {
      delete process.env["SOFTHSM2_CONF"];
      await token[Symbol.asyncDispose]();
    });

    const goClients = async (repository: string, tag: string, digest: string): Promise<void> => {
      const trust = join(bob.home, `trust-${repository.replaceAll("/", "-")}-${tag}`);
      const gun = `${lab.host}/${repository}`;
      const notary = await mustRun(
        "notary",
        [
          "-s",
          lab.server.ui,
          "-d",
          trust,
          "--tlscacert",
          lab.server.caFile,
          "lookup",
          "-r",
          "targets/releases",
          gun,
          tag,
        ].filter((word) => word !== "-r" && word !== "targets/releases"),
        { env: bob.env },
      );
      expect(notary).toContain(digest.replace("sha256:", ""));
      const inspected = await mustRun("docker", ["trust", "inspect", `${gun}:${tag}`], {
        env: bob.env,
      });
      expect(inspected).toContain(digest.replace("sha256:", ""));
    };

    test("a repository begins with it, and Go's clients verify it; it moves to a file and back", async () => {
      const listed = await bob.run(["key", "tokens"], { env });
      expect(listed.out).toContain("office");
      const made = await bob.run(["key", "generate", "--on-token"], { env });
      expect(made).toMatchObject({ exitCode: 0, err: "" });
      expect(made.out).toContain("token office");
      const onToken = /[0-9a-f]{64}/.exec(made.out)?.[0] ?? "";
      const digest = await lab.push("acme/vault", "1", "vault one");
      const signed = await bob.run(["sign", "acme/vault:1", "--yes"], { env });
      expect(signed).toMatchObject({ exitCode: 0, err: "" });
      const before = (await bob
        .json(["key", "doctor"], { env })
        .catch(() => examineWith(env))) as Doctor;
      const root = before.keys.find(({ id }) => id === onToken);
      expect(root?.uses).toMatchObject([{ repository: `${lab.host}/acme/vault`, role: "root" }]);
      expect(before.keys.filter(({ role }) => role === "root")).toHaveLength(1);
      await goClients("acme/vault", "1", digest);

      const toFile = await bob.run(["key", "rotate", "acme/vault", "root", "--yes"], { env });
      expect(toFile).toMatchObject({ exitCode: 0 });
      expect(toFile.out).not.toContain(onToken);
      await goClients("acme/vault", "1", digest);
      const back = await bob.run(["key", "rotate", "acme/vault", "root", "--on-token", "--yes"], {
        env,
      });
      expect(back).toMatchObject({ exitCode: 0 });
      expect(back.out).toContain(onToken);
      await goClients("acme/vault", "1", digest);
      const second = await lab.push("acme/vault", "2", "vault two");
      expect(await bob.run(["sign", "acme/vault:2"], { env })).toMatchObject({ exitCode: 0 });
      await goClients("acme/vault", "2", second);
    }, 60_000);

    const examineWith = async (more: Readonly<Record<string, string>>): Promise<Doctor> => {
      const { out } = await bob.run(["key", "doctor", "--format", "json"], { env: more });
      return JSON.parse(out) as Doctor;
    };

    test("the doctor looks at the other keys where the token is not there", async () => {
      const elsewhere = { ...env, COUNTERSIGN_PKCS11_TOKEN: "home" };
      const ran = await bob.run(["key", "doctor"], { env: elsewhere });
      expect(ran.exitCode).toBe(1);
      expect(ran.out).toContain("attention: no token home is there");
      expect(ran.out).toContain("targets of");
    });

    test("a wrong PIN is a sentence, and nothing is signed", async () => {
      await lab.push("acme/pin", "1", "pin");
      const wrong = { ...env, COUNTERSIGN_PKCS11_PIN: "00000" };
      const ran = await bob.run(["sign", "acme/pin:1", "--yes"], { env: wrong });
      expect(ran).toMatchObject({ exitCode: 1, out: "" });
      expect(ran.err).toContain("error: the token office does not take this PIN");
      expect(ran.err).toContain("it was tried once");
    });

    test("signers are added and removed, and tags revoked, with the targets key on it", async () => {
      const pin = { env: { COUNTERSIGN_PKCS11_PIN: token.pin } };
      const where = ["--pkcs11-module", token.module, "--pkcs11-token", token.label];
      const moved = ["key", "rotate", "acme/vault", "targets", "--on-token", "--yes"];
      expect(await bob.run([...moved, ...where], pin)).toMatchObject({ exitCode: 0 });

      await lab.push("acme/alices", "1", "one");
      expect((await alice.run(["sign", "acme/alices:1", "--yes"])).exitCode).toBe(0);
      const add = ["signer", "add", "acme/vault", "alice", "--yes"];
      expect((await bob.run(add)).exitCode).toBe(1);
      const added = await bob.run([...add, ...where], pin);
      expect(added).toMatchObject({ exitCode: 0 });
      expect(added.out).toContain("targets/alice");
      expect((await bob.run(["signer", "list", "acme/vault", ...where])).out).toContain("alice");

      const digest = await lab.push("acme/vault", "3", "vault three");
      const signing = ["sign", "acme/vault:3", "--role", "targets", "--yes"];
      expect(await bob.run([...signing, ...where], pin)).toMatchObject({ exitCode: 0 });
      await goClients("acme/vault", "3", digest);
      expect((await bob.run(["verify", "acme/vault:3", ...where])).exitCode).toBe(0);
      const revoked = await bob.run(["revoke", "acme/vault:3", "--yes", ...where], pin);
      expect(revoked).toMatchObject({ exitCode: 0, err: "" });
      expect(revoked.out).toMatch(/^from +targets$/m);
      expect((await bob.run(["verify", "acme/vault:3"])).exitCode).toBe(3);

      const remove = ["signer", "remove", "acme/vault", "alice", "--yes"];
      const removed = await bob.run([...remove, ...where], pin);
      expect(removed).toMatchObject({ exitCode: 0 });
      expect(removed.out).toContain("targets/alice");
    }, 60_000);
  },
);
