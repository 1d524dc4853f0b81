import { createHash, createPublicKey, generateKeyPairSync, X509Certificate } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createRootCertifier } from "#adapters/pki";
import { createTrustServer } from "#adapters/remotes";
import { openTrustDirectory, type TrustDirectory } from "#adapters/trust-directory";
import { parseGun } from "#domain/oci";
import {
  decodeTargets,
  decodeRoot,
  parseRoleName,
  publicKeyFromPem,
  rootRole,
  snapshotRole,
  targetsRole,
  timestampRole,
} from "#domain/tuf";
import { certifiedKey } from "#domain/tuf/testing";
import { createReader } from "#services/reader";
import type { Change, Passphrases } from "#services/signer";
import { dockerPrograms } from "../harness/docker-cli.ts";
import { startNotaryServer } from "../harness/notary-server.ts";
import { mustRun, runPeer, type Ran } from "../harness/peers-run.ts";
import { missing } from "../harness/peers.ts";

const o = { signal: AbortSignal.timeout(240_000) };
const { gun } = parseGun("registry.test/acme/web");
const secret = "a long test passphrase";
const passphrases: Passphrases = {
  existing: (_key, attempt) => Promise.resolve(attempt === 0 ? secret : undefined),
  fresh: () => Promise.resolve(secret),
};
const clock = Date.now;

type Lab = AsyncDisposable & {
  readonly path: string;
  /** The trust directory that both clients use. */
  readonly trust: string;
  readonly ours: () => TrustDirectory;
  readonly notary: (...args: readonly string[]) => Promise<string>;
  readonly tryNotary: (...args: readonly string[]) => Promise<Ran>;
  /** Whether the Go client, given the passphrase, can open a key: it writes it anew under another one. */
  readonly goOpens: (id: string) => Promise<boolean>;
};

async function openLab(flags: readonly string[] = []): Promise<Lab> {
  const path = await mkdtemp(join(tmpdir(), "countersign-directory-"));
  const trust = join(path, "trust");
  const env = {
    HOME: path,
    NOTARY_ROOT_PASSPHRASE: secret,
    NOTARY_TARGETS_PASSPHRASE: secret,
    NOTARY_SNAPSHOT_PASSPHRASE: secret,
    NOTARY_DELEGATION_PASSPHRASE: secret,
  };
  const all = (args: readonly string[]): readonly string[] => [...flags, "-d", trust, ...args];
  const tryNotary = (...args: readonly string[]) => runPeer("notary", all(args), { env });
  return {
    path,
    trust,
    ours: () => openTrustDirectory(trust, { passphrases, clock }),
    notary: (...args) => mustRun("notary", all(args), { env }),
    tryNotary,
    goOpens: async (id) => {
      const ran = await tryNotary("key", "passwd", id);
      return ran.exitCode === 0 && ran.out.includes("Successfully updated passphrase");
    },
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
  };
}

describe.skipIf(missing("notary", "openssl"))("keys, ours and the Go client's", () => {
  test("a key that notary made is listed, opened and signs; its file has the shape of ours", async () => {
    await using lab = await openLab();
    await lab.notary("key", "generate", "-r", "root");
    await lab.notary("key", "generate", "-r", "targets/qa");
    const { keys } = lab.ours();
    const held = await keys.list(o);
    expect(held.map(({ role }) => role)).toEqual(["root", "targets/qa"]);
    for (const { id } of held) {
      const theirs = await keyFile(lab, id);
      expect((await keys.open(id, o))?.id).toBe(id);
      await keys.changePassphrase(id, o);
      const ours = await keyFile(lab, id);
      expect(ours.map(lengths)).toEqual(theirs.map(lengths));
      expect(ours.slice(0, 3)).toEqual(theirs.slice(0, 3));
      expect(await lab.goOpens(id)).toBe(true);
      expect((await lab.ours().keys.open(id, o))?.id).toBe(id);
    }
  });

  test("keys that we made, notary lists as we do, opens and uses", async () => {
    await using lab = await openLab();
    const { keys } = lab.ours();
    const root = await keys.generate({ role: "root" }, o);
    const targets = await keys.generate({ role: "targets", gun }, o);
    const alice = await keys.generate({ role: "alice" }, o);
    const listed = await lab.notary("key", "list");
    const rows = listed.split("\n").flatMap((line) => /\b[0-9a-f]{64}\b/.exec(line)?.[0] ?? []);
    expect(rows).toEqual((await keys.list(o)).map(({ id }) => id));
    expect(listed).toMatch(new RegExp(`targets\\s+${gun}\\s+${targets.id}`));
    for (const { id } of [root, targets, alice]) expect(await lab.goOpens(id)).toBe(true);
    const modes = await Promise.all(
      ["", "private", `private/${root.id}.key`].map(
        async (name) => (await stat(join(lab.trust, name))).mode & 0o777,
      ),
    );
    expect(modes).toEqual([0o700, 0o700, 0o600]);
  });

  test("exports of each are imports of the other", async () => {
    await using from = await openLab();
    await using to = await openLab();
    const file = join(from.path, "export.pem");
    await from.notary("key", "generate", "-r", "root");
    await from.ours().keys.generate({ role: "targets", gun }, o);
    await from.notary("key", "export", "-o", file);
    const theirs = await readFile(file, "utf8");
    const held = await from.ours().keys.list(o);
    const ours = await from.ours().keys.exportPem(
      held.map(({ id }) => id),
      o,
    );
    expect(blocks(ours)).toEqual(blocks(theirs));
    const imported = await to.ours().keys.importPem(theirs, {}, o);
    expect(new Set(imported.map(({ id }) => id))).toEqual(new Set(held.map(({ id }) => id)));
    for (const { id } of held) {
      expect(await to.goOpens(id)).toBe(true);
      expect(await keyFile(to, id)).not.toContain(`path: ${id}`);
    }
    await rm(to.trust, { recursive: true });
    await writeFile(file, ours);
    await to.notary("key", "import", file);
    for (const { id, role } of held)
      expect(await to.ours().keys.open(id, o)).toMatchObject({ id, role });
  });

  test.for([
    ["ecparam -genkey -name prime256v1", true],
    ["ecparam -genkey -name prime256v1 -noout", true],
    ["ecparam -genkey -name secp384r1 -noout", true],
    ["genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256", true],
    ["genrsa 2048", true],
    ["genpkey -algorithm ed25519", true],
    ["ecparam -genkey -name secp256k1 -noout", false],
    ["genrsa 1024", false],
  ] as const)("openssl %s: kept so that the Go client opens it: %s", async ([command, isTaken]) => {
    await using lab = await openLab();
    const pem = await mustRun("openssl", command.split(" "));
    const { keys } = lab.ours();
    const importing = keys.importPem(pem, { role: "alice" }, o);
    if (!isTaken) {
      await expect(importing).rejects.toMatchObject({ code: "signer/key-unsuitable" });
      expect(await keys.list(o)).toEqual([]);
      return;
    }
    const [held] = await importing;
    const spki = createPublicKey(pem).export({ type: "spki", format: "pem" }).toString();
    expect(held).toMatchObject({ role: "alice", id: publicKeyFromPem(spki).id });
    expect(await lab.goOpens(held?.id ?? "")).toBe(true);
    expect((await lab.ours().keys.open(held?.id ?? "", o))?.publicKey.id).toBe(held?.id);
  });

  test.for([
    "pkcs8 -topk8 -v2 aes-256-cbc",
    "pkcs8 -topk8 -v2 aes-256-cbc -v2prf hmacWithSHA1",
    "pkcs8 -topk8 -v2 aes-128-cbc -v2prf hmacWithSHA512 -iter 5000",
    "pkcs8 -topk8 -v2 des3",
    "pkcs8 -topk8 -scrypt",
    "ec -aes-256-cbc",
    "ec -aes-128-cbc",
    "ec -des3",
  ])(
    "openssl %s: opened with its passphrase, and kept as the Go client opens it",
    async (command) => {
      await using lab = await openLab();
      const plain = await mustRun("openssl", "ecparam -genkey -name prime256v1 -noout".split(" "));
      const args = [...command.split(" "), "-passout", `pass:${secret}`];
      const pem = await mustRun("openssl", args, { input: plain });
      const { keys } = lab.ours();
      await expect(keys.importPem(pem, {}, o)).rejects.toMatchObject({
        code: "signer/key-unreadable",
      });
      const [held] = await keys.importPem(pem, { opens: true }, o);
      expect(held?.role).toBe("delegation");
      expect(await lab.goOpens(held?.id ?? "")).toBe(true);
      const wrong = openTrustDirectory(join(lab.path, "other"), {
        clock,
        passphrases: { ...passphrases, existing: () => Promise.resolve("something else") },
      });
      await expect(wrong.keys.importPem(pem, { opens: true }, o)).rejects.toMatchObject({
        code: "signer/passphrase-wrong",
      });
    },
  );

  test("Notary's own form of an Ed25519 key, plain and encrypted as in old files, is opened", async () => {
    await using lab = await openLab();
    const pair = generateKeyPairSync("ed25519");
    const jwk = pair.privateKey.export({ format: "jwk" });
    const [seed, point] = [jwk.d, jwk.x].map((text = "") => Buffer.from(text, "base64url"));
    const raw = Buffer.concat([point, seed, point].filter((part) => part !== undefined));
    const block = (head: string, bytes: Buffer): string =>
      `-----BEGIN ED25519 PRIVATE KEY-----\n${head}${bytes.toString("base64")}\n-----END ED25519 PRIVATE KEY-----\n`;
    const spki = pair.publicKey.export({ type: "spki", format: "pem" }).toString();
    const { id } = publicKeyFromPem(spki);
    const { keys } = lab.ours();
    expect(await keys.importPem(block("", raw), {}, o)).toMatchObject([{ id }]);
    expect(await lab.goOpens(id)).toBe(true);
    await keys.remove(id, o);

    const [salt, file] = ["0102030405060708", join(lab.path, "raw")];
    await writeFile(file, raw);
    const iv = `${salt}1112131415161718`;
    const args = `enc -aes-256-cbc -md md5 -S ${salt} -iv ${iv} -base64 -A -in ${file}`;
    const sealed = await mustRun("openssl", [...args.split(" "), "-pass", `pass:${secret}`]);
    const bytes = Buffer.from(sealed, "base64");
    const head = `Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,${iv}\npath: ${id}\n\n`;
    const imported = await keys.importPem(block(head, bytes), { opens: true }, o);
    expect(imported).toMatchObject([{ id, role: "delegation" }]);
    expect((await keys.open(id, o))?.publicKey.keytype).toBe("ed25519");
    expect(await lab.goOpens(id)).toBe(true);
  });

  test("keys where older clients put them are found, and moved as notary moves them", async () => {
    await using lab = await openLab();
    await lab.notary("key", "generate", "-r", "root");
    const [root] = await lab.ours().keys.list(o);
    const id = root?.id ?? "";
    const bare = (await readFile(join(lab.trust, "private", `${id}.key`), "utf8")).replace(
      "role: root\n\n",
      "",
    );
    const old = async (trust: string): Promise<void> => {
      const folders = ["private/root_keys", `private/tuf_keys/${gun}`].map((it) => join(trust, it));
      for (const folder of folders) await mkdir(folder, { recursive: true });
      await writeFile(join(folders[0] ?? "", `${id}_root.key`), bare);
      await writeFile(join(folders[1] ?? "", `${"ab".repeat(32)}_targets.key`), bare);
      await writeFile(join(trust, "private/tuf_keys", `${"cd".repeat(32)}_bob.key`), bare);
    };
    const [theirs, ours] = [join(lab.path, "theirs"), join(lab.path, "ours")];
    await old(theirs);
    await old(ours);
    await mustRun("notary", ["-d", theirs, "key", "list"], { env: { HOME: lab.path } });
    const { keys } = openTrustDirectory(ours, { passphrases, clock });
    expect((await keys.open(id, o))?.role).toBe("root");
    expect(await keys.list(o)).toMatchObject([
      { id, role: "root" },
      { id: "cd".repeat(32), role: "bob" },
      { id: "ab".repeat(32), role: "targets", gun },
    ]);
    expect(await tree(ours)).toEqual(await tree(theirs));
  });
});

describe.skipIf(missing("notary"))("staged changes, ours and the Go client's", () => {
  test("what notary stages we read, and notary reads what we write of it, change for change", async () => {
    await using lab = await openLab();
    const file = join(lab.path, "file");
    const custom = join(lab.path, "custom.json");
    await writeFile(file, "content");
    await writeFile(custom, '{"a":1,"b":["<&>"]}');
    const certificate = join(lab.path, "certificate.pem");
    const publicKey = join(lab.path, "public.pem");
    const terms = { notBefore: Date.now() - 1_000, notAfter: Date.now() + 4e10 };
    await writeFile(certificate, (await certifiedKey({ name: "bob", ...terms })).pem);
    const pair = generateKeyPairSync("ec", { namedCurve: "P-256" });
    await writeFile(publicKey, pair.publicKey.export({ type: "spki", format: "pem" }));
    const id = "ab".repeat(32);
    const { notary } = lab;
    await notary("add", gun, "v1", file, "--custom", custom);
    await notary("add", gun, 'a<b>&"é\u2028', file, "-r", "targets/qa");
    await notary("addhash", gun, "h1", "5", "--sha512", "cd".repeat(64));
    await notary("remove", gun, "v1");
    await notary("delegation", "add", gun, "targets/qa", certificate, publicKey, "--paths", "b,a");
    await notary("delegation", "add", gun, "targets/all", "--all-paths");
    await notary("delegation", "remove", gun, "targets/qa", id, "--paths", "a");
    await notary("delegation", "remove", gun, "targets/qa", "--all-paths");
    await notary("delegation", "remove", gun, "targets/qa", "-y");
    await notary("delegation", "purge", gun, "--key", id);
    await notary("witness", gun, "targets", "targets/x/y");
    const local = lab.ours().local(gun);
    const staged = await local.staged(o);
    expect(staged.map(({ change }) => change.kind)).toEqual([
      "target-add",
      "target-add",
      "target-add",
      "target-remove",
      "delegation-add",
      "delegation-add",
      "delegation-add",
      "delegation-edit",
      "delegation-edit",
      "delegation-edit",
      "delegation-remove",
      "delegation-purge",
      "witness",
      "witness",
    ]);
    const shown = await notary("status", gun);
    const theirs = await changeFiles(lab);
    await local.unstage(
      staged.map(({ name }) => name),
      o,
    );
    expect(await notary("status", gun)).toContain("No unpublished changes");
    await local.stage(
      staged.map(({ change }) => change),
      o,
    );
    expect((await changeFiles(lab)).map(normal)).toEqual(theirs.map(normal));
    expect(await notary("status", gun)).toBe(shown);
  });

  test("what both stage comes back in the order in which it was staged", async () => {
    await using lab = await openLab();
    const file = join(lab.path, "file");
    await writeFile(file, "content");
    const add = (name: string): Change => ({
      kind: "target-add",
      role: targetsRole,
      name,
      target: { length: 1, sha256: "ab".repeat(32) },
    });
    await lab.notary("add", gun, "one", file);
    await lab
      .ours()
      .local(gun)
      .stage([add("two"), add("three")], o);
    await lab.notary("add", gun, "four", file);
    await lab
      .ours()
      .local(gun)
      .stage([add("five")], o);
    await lab
      .ours()
      .local(gun)
      .stage([add("six")], o);
    const staged = await lab.ours().local(gun).staged(o);
    const names = staged.map(({ change }) => ("name" in change ? change.name : ""));
    expect(names).toEqual(["one", "two", "three", "four", "five", "six"]);
    const status = await lab.notary("status", gun);
    expect(status.match(/\b(?:one|two|three|four|five|six)\b/g)).toEqual(names);
    await lab.notary("reset", gun, "-n", "1");
    expect(await lab.ours().local(gun).staged(o)).toHaveLength(5);
    const broken = join(lab.trust, "tuf", gun, "changelist", `${"9".repeat(20)}_x.change`);
    await writeFile(
      broken,
      '{"action":"burn","role":"targets","type":"target","path":"","data":""}',
    );
    await expect(lab.ours().local(gun).staged(o)).rejects.toMatchObject({
      code: "signer/directory-broken",
      message: expect.stringContaining("_x.change") as string,
    });
  });
});

describe.skipIf(missing("notary", "notary-server"))(
  "verified files, ours and the Go client's",
  () => {
    test("each reads on from what the other kept, and without the server as well", async () => {
      await using stack = new AsyncDisposableStack();
      const directory = await mkdtemp(join(tmpdir(), "countersign-directory-server-"));
      stack.defer(() => rm(directory, { recursive: true, force: true }));
      const terms = { notBefore: Date.now() - 60_000, notAfter: Date.now() + 86_400_000 };
      const identity = await certifiedKey({ name: "localhost", dnsName: "localhost", ...terms });
      const key = identity.privateKey.export({ type: "pkcs8", format: "pem" }).toString();
      const tls = { certificate: identity.pem, key };
      const server = await startNotaryServer({ directory, tls, gunPrefixes: ["registry.test/"] });
      const serving = stack.use(new AsyncDisposableStack());
      serving.use(server);
      const ca = join(directory, "ca.pem");
      await writeFile(ca, identity.pem);
      const flags = ["-s", server.url, "--tlscacert", ca];
      const owner = stack.use(await openLab(flags));
      const theirs = stack.use(await openLab(flags));
      const ours = stack.use(await openLab(flags));
      const file = join(directory, "file");
      await writeFile(file, "content");
      const pair = generateKeyPairSync("ec", { namedCurve: "P-256" });
      const publicKey = join(directory, "public.pem");
      await writeFile(publicKey, pair.publicKey.export({ type: "spki", format: "pem" }));
      const privatePem = pair.privateKey.export({ type: "pkcs8", format: "pem" }).toString();
      await owner.ours().keys.importPem(privatePem, { role: "qa" }, o);

      await owner.notary("init", gun);
      const pending = owner.ours();
      expect((await pending.memory.recall(gun, o)).root).toBeDefined();
      await owner.notary("publish", gun);
      await owner.notary("key", "rotate", gun, "snapshot", "-r");
      await owner.notary("delegation", "add", gun, "targets/qa", publicKey, "--all-paths", "-p");
      await owner.notary("add", gun, "v1", file, "-p");
      await owner.notary("add", gun, "v2", file, "-r", "targets/qa", "-p");
      const table = await theirs.notary("list", gun);

      // Ours, from nothing; then the Go client on what we kept, and offline.
      const read = async (trust: TrustDirectory, maxStaleMs = 0) => {
        const source = createTrustServer(
          { url: server.url, tls: { ca: identity.pem } },
          { clock, actions: "pull" },
        );
        const { memory, cache } = trust;
        try {
          return await createReader({ source, memory, cache, clock, maxStaleMs }).read(gun, o);
        } finally {
          await source.close();
        }
      };
      expect(await read(ours.ours())).toMatchObject({ kind: "verified", rootVersion: 2 });
      expect(await tree(join(ours.trust, "tuf"))).toEqual(await tree(join(theirs.trust, "tuf")));
      expect(await ours.notary("list", gun)).toBe(table);

      // The Go client's folder, read on by us.
      const goKept = theirs.ours();
      const remembered = await goKept.memory.recall(gun, o);
      const bytes = (role: string) =>
        readFile(join(theirs.trust, "tuf", gun, "metadata", `${role}.json`));
      expect(remembered.seen.get(targetsRole)).toEqual({
        version: decodeTargets(await bytes("targets"), targetsRole).signed.version,
        sha256: createHash("sha256")
          .update(await bytes("targets"))
          .digest("hex"),
      });
      expect(new Set(remembered.seen.keys())).toEqual(
        new Set([rootRole, targetsRole, snapshotRole, timestampRole, parseRoleName("targets/qa")]),
      );
      await owner.notary("add", gun, "v3", file, "-p");
      expect(await read(theirs.ours())).toMatchObject({ kind: "verified", rootVersion: 2 });
      const news = await theirs.notary("list", gun);
      expect(news).toContain("v3");

      await serving.disposeAsync();
      expect(await theirs.notary("list", gun)).toBe(news);
      expect(await read(ours.ours(), 60_000)).toMatchObject({ kind: "verified" });
      expect(await read(theirs.ours(), 60_000)).toMatchObject({ kind: "verified" });
      expect(await read(theirs.ours())).toMatchObject({ kind: "unavailable" });

      // A root certificate of ours says what the Go client's says.
      const root = decodeRoot(await bytes("root")).signed.root;
      const [listed] = [...root.keys.values()];
      const made = listed?.material?.certificates[0]?.x509;
      const held = await owner.ours().keys.open(listed?.material?.canonicalId ?? "", o);
      if (held === undefined || made === undefined) throw new Error("no root key");
      const [from, to] = [made.validFromDate.getTime(), made.validToDate.getTime()];
      const pem = await createRootCertifier().certify(held, { gun, from, to }, o);
      expect(await described(pem)).toEqual(await described(made.toString()));
      expect(new X509Certificate(pem).publicKey.equals(made.publicKey)).toBe(true);

      // Taking the folder away takes the pin away.
      await theirs.notary("delete", gun);
      expect((await theirs.ours().memory.recall(gun, o)).root).toBeUndefined();
    });
  },
);

describe.skipIf(missing("notary", "docker"))("docker's keys", () => {
  test.for(dockerPrograms())("what %s loads and makes, we open", async (docker) => {
    await using lab = await openLab();
    const config = join(lab.path, ".docker");
    await mkdir(config);
    const env = {
      HOME: lab.path,
      DOCKER_CONFIG: config,
      DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE: secret,
      DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE: secret,
    };
    const pair = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const plain = join(lab.path, "plain.pem");
    await writeFile(plain, pair.privateKey.export({ type: "pkcs8", format: "pem" }), {
      mode: 0o600,
    });
    await mustRun(docker, ["trust", "key", "load", "--name", "alice", plain], { env });
    await mustRun(docker, ["trust", "key", "generate", "bob", "--dir", lab.path], { env });
    const { keys } = openTrustDirectory(join(config, "trust"), { passphrases, clock });
    const held = await keys.list(o);
    expect(held.map(({ role }) => role)).toEqual(["alice", "bob"]);
    for (const { id } of held) expect((await keys.open(id, o))?.id).toBe(id);
    const exported = await lab.ours().keys.generatePem({ role: "carol" }, o);
    const ours = join(lab.path, "ours.pem");
    const { keys: elsewhere } = lab.ours();
    const [carol] = await elsewhere.importPem(exported.privatePem, { opens: true }, o);
    await writeFile(ours, await elsewhere.exportPem([carol?.id ?? ""], o), { mode: 0o600 });
    await mustRun(docker, ["trust", "key", "load", ours], { env });
    expect(await keys.open(exported.id, o)).toMatchObject({ id: exported.id, role: "carol" });
  });
});

async function keyFile(lab: Lab, id: string): Promise<readonly string[]> {
  return (await readFile(join(lab.trust, "private", `${id}.key`), "utf8")).split("\n");
}

const lengths = (line: string): number => line.length;

/** The PEM blocks of a text, sorted: programs put them in different orders. */
function blocks(text: string): readonly string[] {
  return text.split(/(?=-----BEGIN )/).sort();
}

async function changeFiles(lab: Lab): Promise<readonly string[]> {
  const folder = join(lab.trust, "tuf", gun, "changelist");
  const names = (await readdir(folder)).sort();
  return await Promise.all(names.map((name) => readFile(join(folder, name), "utf8")));
}

/** A change file with its data decoded. Go writes the two members of a key the other way round than metadata has them. */
function normal(text: string): unknown {
  const { data, ...rest } = JSON.parse(text) as Record<string, string | null>;
  const decoded: unknown =
    typeof data === "string" ? JSON.parse(Buffer.from(data, "base64").toString()) : data;
  return [Object.keys(rest), rest, decoded];
}

/** Every file and folder below `top`, with its mode. */
async function tree(top: string): Promise<readonly string[]> {
  const names = await readdir(top, { recursive: true });
  const lines = names.map(async (name) => {
    const found = await stat(join(top, name));
    return found.isDirectory() ? "" : `${name} ${(found.mode & 0o777).toString(8)}`;
  });
  return (await Promise.all(lines)).filter((line) => line !== "").sort();
}

/** What openssl says of a certificate, but for what differs from one to the next. */
async function described(pem: string): Promise<readonly string[]> {
  const text = await mustRun("openssl", ["x509", "-noout", "-text"], { input: pem });
  const lines = text.split("\n").map((line) => line.trim());
  const isSame = (line: string): boolean => !/^[0-9a-f:]+$/.test(line) && !/Serial/.test(line);
  return lines.filter(isSame);
}
