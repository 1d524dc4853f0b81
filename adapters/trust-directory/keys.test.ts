import { generateKeyPairSync } from "node:crypto";
import { mkdir, mkdtemp, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeTargets, publicKeyFromPem, targetsRole, verifyThreshold } from "#domain/tuf";
import type { KeyInQuestion, Passphrases } from "#services/signer";
import {
  memoryTrustDirectory,
  openTrustDirectory,
  type DirectoryWarning,
  type TrustDirectory,
} from "./index.ts";

const o = { signal: new AbortController().signal };
const gun = "example.test/app";
const vectorId = "eb626546464440c014389f6f8738fce953d073fcda3b47fb038aa744f3937751";
/** A file that Notary's own client wrote, and the (throw-away) key it was signed with. */
const vectorFile =
  '{"signed":{"_type":"Targets","delegations":{"keys":{},"roles":[]},"expires":"2029-11-21T07:39:40.407663821Z","targets":{},"version":1},"signatures":[{"keyid":"eb626546464440c014389f6f8738fce953d073fcda3b47fb038aa744f3937751","method":"ecdsa","sig":"RYcaGt5kLo9AJQSYXuL9YZQoopmVIsuSvAWOoEWx8Ac72M8tbHxE9P541pWsiQQVKMzXgoHHUaa3B1cP62o43A=="}]}';
const vectorKey = `-----BEGIN ENCRYPTED PRIVATE KEY-----
gun: example.test/app
role: targets

MIHuMEkGCSqGSIb3DQEFDTA8MBsGCSqGSIb3DQEFDDAOBAjWufV9iHzTVQICCAAw
HQYJYIZIAWUDBAEqBBBRw0tFDu4UIl+x9V7hd1vmBIGgzIRm4JS0plbk9CFmyYHD
1HTIkGxcYIRLImPVhYxZUpw683CuSksKkM+ZRSUk/lrFrfHJQ42zptumXTLn83I5
1PdUjMP+L55nah0r4oouEwREH7lYNwnF+czMY+X1F9itiwe6m6ZBL46qzEB/X900
th8B+uRbn9upbpFsc1lFtARI5jAwCn+Gg+l6H4HDQndDfgrVBr6jFyNyssMJ+nie
hw==
-----END ENCRYPTED PRIVATE KEY-----
`;

type Asked = { readonly kind: string; readonly key: KeyInQuestion; readonly attempt: number };
type World = AsyncDisposable & {
  readonly path: string;
  readonly open: () => TrustDirectory;
  readonly asked: Asked[];
  readonly warnings: DirectoryWarning[];
  readonly put: (name: string, text: string) => Promise<void>;
};

/** `right`: what people answer, one after another, the last one for ever. */
async function world(right: readonly (string | undefined)[] = ["targpass1"]): Promise<World> {
  const path = await mkdtemp(join(tmpdir(), "countersign-keys-"));
  const asked: Asked[] = [];
  const warnings: DirectoryWarning[] = [];
  const ask = (kind: string) => (key: KeyInQuestion, attempt: number) => {
    asked.push({ kind, key, attempt });
    return Promise.resolve(right[Math.min(asked.length, right.length) - 1]);
  };
  const passphrases: Passphrases = { existing: ask("existing"), fresh: ask("fresh") };
  await mkdir(join(path, "private"));
  return {
    path,
    asked,
    warnings,
    open: () =>
      openTrustDirectory(path, {
        passphrases,
        clock: () => 0,
        onWarning: (warning) => warnings.push(warning),
      }),
    put: (name, text) => writeFile(join(path, "private", name), text),
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
  };
}

const pemOf = (kind: "P-256" | "ed25519" = "P-256"): string => {
  const { privateKey } =
    kind === "ed25519"
      ? generateKeyPairSync("ed25519")
      : generateKeyPairSync("ec", { namedCurve: kind });
  return privateKey.export({ type: "pkcs8", format: "pem" }).toString();
};

describe("a key of Notary's", () => {
  test("is opened with its passphrase, once, and is the one that signed its file", async () => {
    await using it = await world();
    await it.put(`${vectorId}.key`, vectorKey);
    const { keys } = it.open();
    expect(await keys.list(o)).toEqual([
      { id: vectorId, role: "targets", gun, location: join(it.path, "private") },
    ]);
    expect(it.asked).toEqual([]);
    const key = await keys.open(vectorId, o);
    await keys.open(vectorId, o);
    if (key === undefined) throw new Error("not there");
    expect(it.asked).toMatchObject([
      { kind: "existing", key: { id: vectorId, role: "targets", gun }, attempt: 0 },
    ]);
    const envelope = decodeTargets(new TextEncoder().encode(vectorFile), targetsRole);
    const role = { threshold: 1, keys: new Map([[key.id, key.publicKey]]) };
    expect(() => verifyThreshold(envelope, role)).not.toThrow();
  });

  test("is exported as it stands, with its id", async () => {
    await using it = await world();
    await it.put(`${vectorId}.key`, vectorKey);
    const exported = await it.open().keys.exportPem([vectorId], o);
    const expected = vectorKey.replace("\nrole:", `\npath: ${vectorId}\nrole:`);
    expect(exported).toBe(expected);
    await expect(it.open().keys.exportPem(["00".repeat(32)], o)).rejects.toMatchObject({
      code: "signer/key-unknown",
    });
  });

  test("gets four tries, and a passphrase that nobody gives ends them", async () => {
    await using it = await world(["wrong", "wrong as well", "wrong again", "targpass1"]);
    await it.put(`${vectorId}.key`, vectorKey);
    expect((await it.open().keys.open(vectorId, o))?.id).toBe(vectorId);
    expect(it.asked.map(({ attempt }) => attempt)).toEqual([0, 1, 2, 3]);
    await using never = await world(["wrong"]);
    await never.put(`${vectorId}.key`, vectorKey);
    const { keys } = never.open();
    const refused = { code: "signer/passphrase-wrong" };
    await expect(keys.open(vectorId, o)).rejects.toMatchObject(refused);
    expect(never.asked).toHaveLength(4);
    await expect(keys.open(vectorId, o)).rejects.toMatchObject(refused);
    await using nobody = await world([undefined]);
    await nobody.put(`${vectorId}.key`, vectorKey);
    await expect(nobody.open().keys.open(vectorId, o)).rejects.toMatchObject(refused);
    expect(nobody.asked).toHaveLength(1);
  });

  test("under another key's name is not taken for that one", async () => {
    await using it = await world();
    await it.put(`${"ab".repeat(32)}.key`, vectorKey);
    await expect(it.open().keys.open("ab".repeat(32), o)).rejects.toMatchObject({
      code: "signer/key-unsuitable",
    });
  });

  test("gets a new passphrase, and keeps what it is for", async () => {
    await using it = await world(["targpass1", "another passphrase"]);
    await it.put(`${vectorId}.key`, vectorKey);
    await it.open().keys.changePassphrase(vectorId, o);
    expect(it.asked.map(({ kind }) => kind)).toEqual(["existing", "fresh"]);
    const text = await readFile(join(it.path, "private", `${vectorId}.key`), "utf8");
    expect(text.split("\n").slice(0, 4)).toEqual(vectorKey.split("\n").slice(0, 4));
    expect(text).not.toBe(vectorKey);
    expect((await it.open().keys.open(vectorId, o))?.gun).toBe(gun);
  });
});

describe("a new key", () => {
  test("is not made without a passphrase, after eleven tries", async () => {
    await using it = await world([undefined]);
    const { keys } = it.open();
    await expect(keys.generate({ role: "root" }, o)).rejects.toMatchObject({
      code: "signer/passphrase-missing",
    });
    expect(it.asked.map(({ attempt }) => attempt)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(await keys.list(o)).toEqual([]);
  });

  test("carries no name that would be a second header", async () => {
    await using it = await world();
    for (const role of ["a\nrole: root", "x".repeat(1_000), "a\0b"])
      await expect(it.open().keys.generate({ role }, o)).rejects.toMatchObject({
        code: "signer/key-unsuitable",
      });
  });

  test("that is not kept comes as two PEM texts, which are imported elsewhere", async () => {
    await using it = await world(["a passphrase"]);
    const { keys } = it.open();
    const { id, publicPem, privatePem } = await keys.generatePem({ role: "alice" }, o);
    expect(publicPem).toMatch(/^-----BEGIN PUBLIC KEY-----\nrole: alice\n\n/);
    expect(publicKeyFromPem(publicPem).id).toBe(id);
    expect(await keys.list(o)).toEqual([]);
    expect(await keys.importPem(privatePem, { opens: true }, o)).toMatchObject([
      { id, role: "alice" },
    ]);
  });

  test("asks for one passphrase at a time", async () => {
    let open = 0;
    let most = 0;
    const fresh = async (): Promise<string> => {
      open += 1;
      most = Math.max(most, open);
      await Promise.resolve();
      open -= 1;
      return "a passphrase";
    };
    await using it = await world();
    const passphrases = { existing: fresh, fresh };
    const { keys } = openTrustDirectory(it.path, { passphrases, clock: () => 0 });
    await Promise.all(["a", "b", "c"].map((role) => keys.generate({ role }, o)));
    expect(most).toBe(1);
    expect(await keys.list(o)).toHaveLength(3);
  });
});

describe("an import", () => {
  test("believes the file before the flags, and what has no role is a delegation's", async () => {
    await using it = await world();
    const { keys } = it.open();
    const said = pemOf().replace("KEY-----\n", "KEY-----\nrole: alice\n\n");
    const [first] = await keys.importPem(said, { role: "bob", gun }, o);
    expect(first).toMatchObject({ role: "alice" });
    expect(first?.gun).toBeUndefined();
    expect(await keys.importPem(pemOf(), {}, o)).toMatchObject([{ role: "delegation" }]);
    expect(await keys.importPem(pemOf(), { role: "targets", gun }, o)).toMatchObject([
      { role: "targets", gun },
    ]);
    await expect(keys.importPem(pemOf(), { role: "snapshot" }, o)).rejects.toMatchObject({
      code: "signer/key-unsuitable",
    });
  });

  test("of several keys keeps all or none", async () => {
    await using it = await world();
    const { keys } = it.open();
    const both = pemOf() + pemOf("ed25519");
    expect(await keys.importPem(`a word before\n${both}`, {}, o)).toHaveLength(2);
    const before = await keys.list(o);
    await expect(keys.importPem(pemOf() + vectorKey, {}, o)).rejects.toMatchObject({
      code: "signer/key-unreadable",
    });
    expect(await keys.list(o)).toEqual(before);
  });

  test("of an encrypted key that says its id asks for nothing, unless another file would go", async () => {
    await using it = await world();
    const { keys } = it.open();
    const exported = vectorKey.replace("\nrole:", `\npath: tuf_keys/${vectorId}_targets\nrole:`);
    expect(await keys.importPem(exported, {}, o)).toMatchObject([{ id: vectorId, gun }]);
    await keys.importPem(exported, {}, o);
    expect(it.asked).toEqual([]);
    const own = await keys.generate({ role: "root" }, o);
    const thief = vectorKey.replace(/gun:.*\nrole: targets/, `path: ${own.id}\nrole: root`);
    await expect(keys.importPem(thief, {}, o)).rejects.toMatchObject({
      code: "signer/key-unsuitable",
    });
    expect((await it.open().keys.open(own.id, o))?.id).toBe(own.id);
  });

  test("takes the place of a file that is broken, once it is opened", async () => {
    await using it = await world();
    await it.put(`${vectorId}.key`, vectorKey.slice(0, 100));
    const exported = vectorKey.replace("\nrole:", `\npath: ${vectorId}\nrole:`);
    const { keys } = it.open();
    expect(await keys.importPem(exported, {}, o)).toMatchObject([{ id: vectorId }]);
    expect(it.asked).toHaveLength(1);
    expect((await keys.open(vectorId, o))?.id).toBe(vectorId);
  });

  test("never leads out of the folder of keys", async () => {
    await using it = await world();
    const path = "../../../../tmp/evil";
    const text = vectorKey.replace("\nrole:", `\npath: ${path}\nrole:`);
    await expect(it.open().keys.importPem(text, {}, o)).rejects.toMatchObject({
      code: "signer/key-unreadable",
    });
    for (const id of ["..", "../x", `${"a".repeat(63)}/`, ""]) {
      expect(await it.open().keys.open(id, o)).toBeUndefined();
      await it.open().keys.remove(id, o);
    }
  });
});

describe("a file that is no key", () => {
  const body = vectorKey.split("\n\n")[1]?.split("\n-----")[0] ?? "";
  const block = (label: string, inner: string): string =>
    `-----BEGIN ${label}-----\n${inner}\n-----END ${label}-----\n`;
  const der = (hex: string): string => Buffer.from(hex, "hex").toString("base64");
  const secp256k1 = generateKeyPairSync("ec", { namedCurve: "secp256k1" }).privateKey;

  test.for([
    ["nothing", ""],
    ["words", "not a key at all"],
    ["a block that does not end", vectorKey.slice(0, 200)],
    ["a block of two names", vectorKey.replace("END ENCRYPTED PRIVATE", "END EC PRIVATE")],
    ["a header twice", vectorKey.replace("role: targets", "role: targets\nrole: root")],
    ["no base64", block("PRIVATE KEY", "!!!!")],
    ["an empty block", block("PRIVATE KEY", "")],
    ["a certificate", block("CERTIFICATE", body)],
    ["a key and a certificate", pemOf() + block("CERTIFICATE", body)],
    ["an encrypted key said to be plain", block("PRIVATE KEY", body)],
    ["a plain key said to be encrypted", block("ENCRYPTED PRIVATE KEY", der("3003020100"))],
    ["DER that ends early", block("PRIVATE KEY", body.slice(0, 40))],
    ["DER of an endless length", block("PRIVATE KEY", der("3084ffffffff"))],
    ["DER of no certain length", block("ENCRYPTED PRIVATE KEY", der("30800000"))],
    [
      "an unknown cipher",
      `-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: RC4,00\n\n${body}\n-----END EC PRIVATE KEY-----\n`,
    ],
    ["more than a megabyte", " ".repeat(1_048_577) + vectorKey],
  ])("%s is refused, and nothing is kept", async ([, text = ""]) => {
    await using it = await world();
    const { keys } = it.open();
    await expect(keys.importPem(text, { opens: true }, o)).rejects.toMatchObject({
      code: "signer/key-unreadable",
    });
    expect(await keys.list(o)).toEqual([]);
  });

  test("a curve that Notary does not know is refused", async () => {
    await using it = await world();
    const pem = secp256k1.export({ type: "pkcs8", format: "pem" }).toString();
    await expect(it.open().keys.importPem(pem, {}, o)).rejects.toMatchObject({
      code: "signer/key-unsuitable",
    });
  });

  test("is passed over in the folder, with a warning, and an id of no key is told", async () => {
    await using it = await world();
    await it.put(`${vectorId}.key`, vectorKey);
    await it.put("notes.key", "words");
    await it.put("README", "words");
    await it.put(`${"ab".repeat(32)}.key`, "words");
    await it.put(`${"cd".repeat(32)}.key`, `${vectorKey}${vectorKey}`);
    await mkdir(join(it.path, "private", `${"ef".repeat(32)}.key`));
    const { keys } = it.open();
    expect((await keys.list(o)).map(({ id }) => id)).toEqual([vectorId]);
    expect(it.warnings.map(({ file }) => file).sort()).toEqual(
      ["ab".repeat(32), "cd".repeat(32), "notes"].map((name) => `private/${name}.key`).sort(),
    );
    await expect(keys.open("ab".repeat(32), o)).rejects.toMatchObject({
      code: "signer/key-unreadable",
    });
  });

  test("any change of one character is a key, a wrong passphrase or refused with a code", async () => {
    const codes = /^signer\/(?:key-unreadable|key-unsuitable|passphrase-wrong)$/;
    await fc.assert(
      fc.asyncProperty(
        fc.nat(vectorKey.length - 1),
        fc.constantFrom("A", "/", "=", "\n", "-", ":", "\u00e9", " "),
        async (at, character) => {
          const text = vectorKey.slice(0, at) + character + vectorKey.slice(at + 1);
          const existing = () => Promise.resolve("targpass1");
          const passphrases = { existing, fresh: existing };
          const opened = await memoryTrustDirectory({ passphrases, clock: () => 0 }, o);
          const outcome = await opened.keys.importPem(text, { opens: true, gun }, o).then(
            () => "signer/key-unreadable",
            (error: unknown) => (error as { readonly code?: string }).code ?? String(error),
          );
          expect(outcome).toMatch(codes);
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe("the folder of keys", () => {
  test("may be a link to another place", async () => {
    await using it = await world();
    await it.put(`${vectorId}.key`, vectorKey);
    await rename(join(it.path, "private"), join(it.path, "elsewhere"));
    await symlink("elsewhere", join(it.path, "private"));
    const { keys } = it.open();
    expect(await keys.list(o)).toHaveLength(1);
    const made = await keys.generate({ role: "alice" }, o);
    const text = await readFile(join(it.path, "elsewhere", `${made.id}.key`), "utf8");
    expect(text).toContain("role: alice");
    await keys.remove(made.id, o);
    expect(await keys.list(o)).toHaveLength(1);
  });

  test("is made with all folders above it, wherever the path starts", async () => {
    await using it = await world(["a passphrase"]);
    const passphrases = { existing: () => Promise.resolve("-"), fresh: () => Promise.resolve("-") };
    const path = relative(process.cwd(), join(it.path, "not", "there", "yet"));
    const { keys } = openTrustDirectory(path, { passphrases, clock: () => 0 });
    const { id, location } = await keys.generate({ role: "root" }, o);
    expect(location).toBe(join(it.path, "not", "there", "yet", "private"));
    expect(await keys.open(id, o)).toBeDefined();
  });

  test("that holds a circle of links is read all the same", async () => {
    await using it = await world();
    await it.put(`${vectorId}.key`, vectorKey);
    for (const name of ["one", "two"]) await symlink(".", join(it.path, "private", name));
    expect(await it.open().keys.list(o)).toHaveLength(1);
  });

  test("that is a file is told, not taken for an empty one", async () => {
    await using it = await world();
    await rm(join(it.path, "private"), { recursive: true });
    await writeFile(join(it.path, "private"), "");
    const broken = { code: "signer/directory-broken" };
    await expect(it.open().keys.generate({ role: "root" }, o)).rejects.toMatchObject(broken);
    await expect(it.open().keys.list(o)).rejects.toMatchObject(broken);
  });
});

describe("a trust directory in memory", () => {
  test("holds the keys it is given, plain or encrypted, and asks for what it needs", async () => {
    const asked: KeyInQuestion[] = [];
    const existing: Passphrases["existing"] = (key) => {
      asked.push(key);
      return Promise.resolve("targpass1");
    };
    const passphrases = { existing, fresh: () => Promise.reject(new Error("no new passphrase")) };
    const parts = { passphrases, clock: () => 0, keys: [vectorKey, pemOf()] };
    const { keys } = await memoryTrustDirectory(parts, o);
    const held = await keys.list(o);
    expect(held.map(({ role, location }) => [role, location])).toEqual([
      ["delegation", "memory"],
      ["targets", "memory"],
    ]);
    expect(asked).toHaveLength(1);
    for (const { id } of held) expect((await keys.open(id, o))?.id).toBe(id);
  });

  test("without passphrases opens what is not encrypted, and nothing else", async () => {
    const { keys } = await memoryTrustDirectory({ clock: () => 0, keys: [pemOf()] }, o);
    expect(await keys.list(o)).toHaveLength(1);
    await expect(
      memoryTrustDirectory({ clock: () => 0, keys: [vectorKey] }, o),
    ).rejects.toMatchObject({ code: "signer/passphrase-wrong" });
  });
});
