import { createServer, type Server } from "node:https";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { run } from "#apps/cli";
import type { RoleName } from "#domain/tuf";
import { testRepository, type TestRepository } from "#domain/tuf/testing";
import { localhostCertificate } from "./testing/certificate.ts";

const now = Date.UTC(2026, 10, 22);
const day = 86_400_000;

type Handler = (request: IncomingMessage, response: ServerResponse) => boolean;
type World = AsyncDisposable & {
  readonly directory: string;
  readonly host: string;
  readonly gun: string;
  readonly repository: TestRepository;
  /** Answers in place of the repository's own server where it says true. */
  before: Handler;
  readonly asked: { readonly url: string; readonly authorization: string | undefined }[];
  readonly run: (
    args: readonly string[],
    how?: { readonly env?: Record<string, string>; readonly now?: number },
  ) => Promise<{ exitCode: number; out: string; err: string }>;
};

/** A trust server on the repository's own host, and a folder to work in. */
async function world(): Promise<World> {
  const directory = await mkdtemp(join(tmpdir(), "countersign-archive-"));
  const { cert, key } = await localhostCertificate();
  await writeFile(join(directory, "ca.pem"), cert);
  const server: Server = createServer({ cert, key });
  await new Promise<void>((resolve) => server.listen(0, "localhost", resolve));
  const host = `localhost:${(server.address() as AddressInfo).port}`;
  const gun = `${host}/acme/web`;
  const repository = await testRepository(gun, now);
  repository.targets.targets.set("1.0", "an image");
  await repository.publish();
  const here: World = {
    ...{ directory, host, gun, repository, asked: [] },
    before: () => false,
    run: async (args, how = {}) => {
      let [out, err] = ["", ""];
      const no = (): Promise<string> => Promise.resolve("");
      const exitCode = await run(args, {
        env: how.env ?? {},
        workingDirectory: directory,
        homeDirectory: directory,
        clock: () => how.now ?? now,
        out: (text) => (out += text),
        err: (text) => (err += text),
        terminal: { canAsk: false, takesColour: false, ask: no, askSecret: no, readInput: no },
      });
      return { exitCode, out, err };
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await rm(directory, { recursive: true, force: true });
    },
  };
  server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    const { authorization } = request.headers;
    here.asked.push({ url: request.url ?? "", authorization });
    if (here.before(request, response)) return;
    const name = request.url?.split(`/v2/${gun}/_trust/tuf/`)[1]?.replace(/\.json$/, "") ?? "";
    const [, version, role] = /^(\d+)\.(.+)$/.exec(name) ?? [];
    const bytes =
      repository.current.get(name as RoleName) ??
      repository.shelf.get(version === undefined ? name : `${role}.${version}`);
    if (bytes === undefined) response.writeHead(404).end();
    else response.end(bytes);
  });
  return here;
}

const withCa = (...args: readonly string[]): readonly string[] => [
  "archive",
  ...args,
  "--ca",
  "ca.pem",
];

test("a repository is archived from its own host, with nothing of ours around", async () => {
  await using here = await world();
  expect(await readdir(here.directory)).toEqual(["ca.pem"]);
  const made = await here.run(withCa(here.gun));
  expect(made).toMatchObject({ exitCode: 0, err: `[1/1] ${here.gun}: 1 roots, 1 tags\n` });
  expect((await readdir(here.directory)).toSorted()).toEqual(["ca.pem", "trust-archive.zip"]);
  const again = await readFile(join(here.directory, "trust-archive.zip"));
  await here.run(withCa(here.gun));
  expect(await readFile(join(here.directory, "trust-archive.zip"))).toEqual(again);
  expect(await here.run(withCa(here.gun, "-q"))).toMatchObject({ out: `${here.gun}\n` });
});

test("COUNTERSIGN_SERVER says nothing about whose trust data is archived", async () => {
  await using here = await world();
  const env = { COUNTERSIGN_SERVER: "https://localhost:1" };
  expect(await here.run(withCa(here.gun), { env })).toMatchObject({ exitCode: 0 });
});

test("verify and show read an expired archive, mark it, and say so to programs", async () => {
  await using here = await world();
  await here.run(withCa(here.gun));
  const how = { now: now + 30 * day };
  const verified = await here.run(["archive", "verify", "trust-archive.zip"], how);
  expect(verified).toMatchObject({ exitCode: 0 });
  expect(verified.out).toContain("not to be trusted for running images");
  const json = await here.run(["archive", "show", "trust-archive.zip", "--format", "json"], how);
  expect(JSON.parse(json.out)).toMatchObject([
    { state: "sound, expired", isSound: true, isFresh: false, then: { kind: "fresh" } },
  ]);
});

test("a tag whose name steers a terminal is shown as harmless text", async () => {
  await using here = await world();
  here.repository.targets.targets.set("\u202e\u{e0001}", "evil");
  here.repository.targets.version += 1;
  await here.repository.republish();
  await here.run(withCa(here.gun));
  const shown = await here.run(["archive", "show", "trust-archive.zip"]);
  expect(shown.out).toContain("\\u{202e}\\u{e0001}");
  expect(shown.out).not.toMatch(/[\u202e\u{e0001}]/u);
});

test("a busy server is asked again after a pause", async () => {
  await using here = await world();
  let busy = 1;
  here.before = (_, response) => {
    if (busy-- <= 0) return false;
    response.writeHead(429).end();
    return true;
  };
  const ran = await here.run(withCa(here.gun));
  expect(ran).toMatchObject({ exitCode: 0 });
  expect(ran.err).toContain("is busy: asking again in 1 s");
});

type Lie = readonly [string, (response: ServerResponse) => void];
const lies: readonly Lie[] = [
  [
    "never ends",
    (response) => {
      const more = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536, " ")));
      };
      response.on("drain", more);
      more();
    },
  ],
  ["gives other bytes", (response) => void response.end("{}")],
  ["breaks off", (response) => void response.destroy()],
  ["sends us elsewhere", (response) => void response.writeHead(302, { location: "/x" }).end()],
];

test.for(lies)(
  "a server that %s fails its repository, and nothing is written",
  async ([, answer]) => {
    await using here = await world();
    for (const name of ["timestamp.json", "/snapshot.", "/targets."]) {
      here.before = (request, response) => {
        if (request.url?.includes(name) !== true) return false;
        answer(response);
        return true;
      };
      const ran = await here.run(withCa(here.gun));
      expect(ran).toMatchObject({ exitCode: 1, out: "" });
      expect(ran.err).toMatch(new RegExp(`^\\[1/1\\] ${here.gun}: failed: .+\nerror: 1 of 1 `));
    }
    expect(await readdir(here.directory)).toEqual(["ca.pem"]);
  },
);

test("credentials go to the server that asks for a name, and come from docker or NOTARY_AUTH", async () => {
  await using here = await world();
  here.before = (request, response) => {
    if (request.headers.authorization !== undefined) return false;
    response.writeHead(401, { "www-authenticate": 'Basic realm="x"' }).end();
    return true;
  };
  const nobody = await here.run(withCa(here.gun));
  expect(nobody).toMatchObject({ exitCode: 1 });
  expect(nobody.err).toContain("sign in with docker login, or set NOTARY_AUTH");

  const basic = (text: string): string => Buffer.from(text).toString("base64");
  const env = { NOTARY_AUTH: basic("alice:a secret") };
  const given = await here.run(withCa(here.gun), { env });
  expect(given).toMatchObject({ exitCode: 0 });
  expect(here.asked.at(-1)?.authorization).toBe(`Basic ${basic("alice:a secret")}`);
  expect(`${given.out}${given.err}`).not.toContain("secret");

  await mkdir(join(here.directory, ".docker"));
  const auths = { [here.host]: { auth: basic("bob:word") }, "other.test": { auth: basic("x:y") } };
  await writeFile(join(here.directory, ".docker/config.json"), JSON.stringify({ auths }));
  expect(await here.run(withCa(here.gun))).toMatchObject({ exitCode: 0 });
  expect(here.asked.at(-1)?.authorization).toBe(`Basic ${basic("bob:word")}`);
  // Of another registry's repositories this server learns no password of theirs.
  here.asked.length = 0;
  await here.run(withCa("other.test/acme/web", "--server", `https://${here.host}`));
  const sent = new Set(here.asked.map(({ authorization }) => authorization));
  expect([...sent]).toEqual([undefined, `Basic ${basic("bob:word")}`]);

  here.asked.length = 0;
  await here.run(withCa(here.gun, "localhost:1/acme/web"), { env });
  expect(here.asked.map(({ authorization }) => authorization)).not.toContain(
    `Basic ${basic("alice:a secret")}`,
  );

  const wrong = await here.run(withCa(here.gun), { env: { NOTARY_AUTH: "no-colon" } });
  expect(wrong.exitCode).toBe(1);
});

test.for([
  ["no name", [], "no repository is named"],
  ["a short name", ["alpine"], "is not the whole name"],
  ["a tag", ["registry.test/acme/web:1"], "is not the whole name"],
  ["a list that is not there", ["--all-from", "nowhere.txt"], "nowhere.txt cannot be read"],
  ["an address that is none", ["registry.test/a", "--server", "ftp://x"], "address"],
  ["a CA that is not there", ["registry.test/a", "--ca", "nowhere.pem"], "cannot be read"],
  ["nowhere to import to", ["import", "x.zip"], "there is no archive"],
] as const)("%s is told in a sentence", async ([, args, words]) => {
  await using here = await world();
  const ran = await here.run(["archive", ...args]);
  expect([1, 2]).toContain(ran.exitCode);
  expect(ran.err).toContain("error: ");
  expect(ran.err).toContain(words);
  expect(ran.out).toBe("");
});

test("an archive that cannot be written leaves the old one, and says so", async () => {
  await using here = await world();
  const ran = await here.run(withCa(here.gun, "-o", "no/such/folder.zip"));
  expect(ran).toMatchObject({ exitCode: 1 });
  expect(ran.err).toContain("error: the archive ");
});

test("the 1,000 tags of a repository are shown and verified", async () => {
  await using here = await world();
  for (let tag = 0; tag < 1_000; tag += 1) here.repository.targets.targets.set(`t${tag}`, "image");
  here.repository.targets.version += 1;
  await here.repository.republish();
  expect(await here.run(withCa(here.gun))).toMatchObject({ exitCode: 0 });
  const shown = await here.run(["archive", "show", "trust-archive.zip"]);
  expect(shown.out).toContain("Tags: 1001");
});
