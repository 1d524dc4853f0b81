import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { expect, test } from "vitest";
import { dockerCredentials } from "./docker-credentials.ts";

const o = { signal: AbortSignal.timeout(30_000) };
const auth = Buffer.from("alice:pass:word").toString("base64");
const alice = { username: "alice", password: "pass:word" };

type Home = AsyncDisposable & {
  readonly config: (value: unknown) => Promise<void>;
  /** A shell script in the place of `docker-credential-<name>`. */
  readonly helper: (name: string, script: string) => Promise<void>;
  readonly ask: (host: string, inline?: unknown) => ReturnType<typeof dockerCredentials>;
};

async function home(): Promise<Home> {
  const directory = await mkdtemp(join(tmpdir(), "countersign-docker-"));
  const env = { PATH: `${directory}${delimiter}${process.env["PATH"] ?? ""}`, HOME: directory };
  return {
    config: (value) =>
      writeFile(
        join(directory, "config.json"),
        typeof value === "string" ? value : JSON.stringify(value),
      ),
    helper: (name, script) =>
      writeFile(join(directory, `docker-credential-${name}`), `#!/bin/sh\n${script}\n`, {
        mode: 0o755,
      }),
    ask: (host, inline) => {
      const more = inline === undefined ? {} : { inline: JSON.stringify(inline) };
      return dockerCredentials(host, { directory, env, ...more }, o);
    },
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true }),
  };
}

test("nobody signed in where there is no file, no entry or an empty one", async () => {
  await using at = await home();
  expect(await at.ask("registry.test")).toBeUndefined();
  for (const config of [
    {},
    { auths: {} },
    { auths: { "registry.test": {} } },
    { credsStore: "" },
  ]) {
    await at.config(config);
    expect(await at.ask("registry.test")).toBeUndefined();
  }
});

test.for([
  ["registry.test:5000", { "registry.test:5000": { auth } }],
  ["registry.test", { "https://registry.test/v1/": { auth } }],
  ["docker.io", { "https://index.docker.io/v1/": { auth } }],
  ["registry.test", { "registry.test": { username: "alice", password: "pass:word" } }],
  [
    "registry.test",
    { "registry.test": { auth: Buffer.from("alice:pass:word\0\0").toString("base64") } },
  ],
] as const)("%s is found in %j", async ([host, auths]) => {
  await using at = await home();
  await at.config({ auths, other: { unknown: true } });
  expect(await at.ask(host)).toEqual(alice);
  expect(await at.ask("another.test")).toBeUndefined();
});

test("an identity token takes the password's place", async () => {
  await using at = await home();
  await at.config({ auths: { "registry.test": { auth, identitytoken: "idt" } } });
  const found = { username: "alice", password: "", identityToken: "idt" };
  expect(await at.ask("registry.test")).toEqual(found);
});

test("what the environment says comes before the file", async () => {
  await using at = await home();
  await at.config({ auths: { "registry.test": { auth } } });
  const bob = Buffer.from("bob:word").toString("base64");
  const inline = { auths: { "registry.test": { auth: bob } } };
  expect(await at.ask("registry.test", inline)).toEqual({ username: "bob", password: "word" });
  expect(await at.ask("registry.test", { auths: {} })).toEqual(alice);
});

test("a program that keeps credentials is asked for the server on its input", async () => {
  await using at = await home();
  await at.helper(
    "lab",
    `[ "$1" = get ] && read server || [ -n "$server" ] && printf '{"ServerURL":"%s","Username":"%s","Secret":"s"}' "$server" "$server"`,
  );
  await at.config({ credsStore: "lab", auths: { "registry.test": {} } });
  expect(await at.ask("registry.test")).toEqual({ username: "registry.test", password: "s" });
  expect(await at.ask("docker.io")).toEqual({
    username: "https://index.docker.io/v1/",
    password: "s",
  });
});

test("a program for one registry comes before the one for all", async () => {
  await using at = await home();
  await at.helper("one", `printf '{"Username":"<token>","Secret":"idt"}'`);
  await at.config({ credsStore: "missing", credHelpers: { "registry.test": "one" } });
  const token = { username: "", password: "", identityToken: "idt" };
  expect(await at.ask("registry.test")).toEqual(token);
  await expect(at.ask("another.test")).rejects.toMatchObject({
    code: "remotes/credentials-broken",
  });
});

test("a program that knows nothing of a server is no failure", async () => {
  await using at = await home();
  await at.helper("lab", "echo credentials not found in native keychain; exit 1");
  await at.config({ credsStore: "lab" });
  expect(await at.ask("registry.test")).toBeUndefined();
});

test.for([
  ["fails", "echo a-secret; echo a-secret >&2; exit 3"],
  ["says no JSON", "echo a-secret"],
  ["says another JSON", `echo '["a-secret"]'`],
  ["has no secret", `echo '{"Username":"a-secret"}'`],
  ["does not stop talking", "yes a-secret"],
] as const)("a program that %s is broken, and is not quoted", async ([, script]) => {
  await using at = await home();
  await at.helper("lab", script);
  await at.config({ credsStore: "lab" });
  const fault: unknown = await at.ask("registry.test").catch((error: unknown) => error);
  expect(fault).toMatchObject({ code: "remotes/credentials-broken" });
  expect(JSON.stringify(fault, Object.getOwnPropertyNames(fault))).not.toContain("secret");
});

test.for(["../lab", "a b", "/bin/sh", "-x", `${"x".repeat(65)}`])(
  "no program is called %s",
  async (credsStore) => {
    await using at = await home();
    await at.config({ credsStore });
    await expect(at.ask("registry.test")).rejects.toMatchObject({
      code: "remotes/credentials-broken",
    });
  },
);

test.for([
  "a-secret",
  "[]",
  `{"auths":{"registry.test":{"auth":"a-secret"}}}`,
  `{"auths":{"registry.test":{"auth":"${Buffer.from("a-secret").toString("base64")}"}}}`,
  `{"auths":{},"auths":{"registry.test":{"auth":"${auth}"}}}`,
  `{"auths":${"[".repeat(100_000)}`,
  " ".repeat(1_048_577),
])("a configuration that is broken says so, and no secret", async (text) => {
  await using at = await home();
  await at.config(text);
  const fault: unknown = await at.ask("registry.test").catch((error: unknown) => error);
  expect(fault).toMatchObject({ code: "remotes/credentials-broken" });
  expect(JSON.stringify(fault, Object.getOwnPropertyNames(fault))).not.toContain("secret");
});

test("names of members that every object has are not entries", async () => {
  await using at = await home();
  await at.config(`{"auths":{"__proto__":{"auth":"${auth}"}}}`);
  expect(await at.ask("registry.test")).toBeUndefined();
  expect(await at.ask("constructor")).toBeUndefined();
});
