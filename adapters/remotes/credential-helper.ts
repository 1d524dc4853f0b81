import { spawn } from "node:child_process";
import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { delimiter, isAbsolute, join } from "node:path";
import type { Options } from "#domain/kernel";
import type { Credentials } from "./credentials.ts";
import { RemoteError } from "./errors.ts";
import { jsonObject, textOf } from "./json.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
/** Passphrases, keys and passwords that are meant for us: a program that looks something up has no need of them. */
const OURS = /^(?:COUNTERSIGN_|NOTARY_|DOCKER_CONTENT_TRUST_|DOCKER_AUTH_CONFIG$)/i;
const maxOutputBytes = 65_536;
/** It may ask somebody to unlock a keychain. */
const maxMs = 120_000;
/** What such programs say where they know nothing of a server. */
const NOT_FOUND = /credentials not found|no credentials/i;

/**
 * Asks `docker-credential-<name>` (docker-credential-helpers protocol) for what it keeps for `server`.
 * Throws `remotes/credentials-broken`; what the program said is not repeated.
 */
export async function askHelper(
  name: string,
  server: string,
  env: Environment,
  o: Options,
): Promise<Credentials | undefined> {
  if (!NAME.test(name))
    throw broken("docker's configuration names no program that keeps credentials");
  const program = `docker-credential-${name}`;
  const path = await findProgram(program, env["PATH"] ?? "");
  if (path === undefined) throw broken(`${program} is in no folder of PATH`);
  const { output, exitCode } = await run({ program, path, env }, server, o);
  if (exitCode !== 0) {
    if (NOT_FOUND.test(output.toString("utf8"))) return undefined;
    throw broken(`${program} failed`);
  }
  const read = jsonObject(output, maxOutputBytes);
  const username = textOf(read?.["Username"]);
  const secret = textOf(read?.["Secret"]);
  if (username === undefined || secret === undefined)
    throw broken(`${program} answered something else than credentials`);
  if (username === "<token>") return { username: "", password: "", identityToken: secret };
  return username === "" ? undefined : { username, password: secret };
}

/** As docker does: a folder that is not named from the root, such as the one we happen to be in, is passed over. */
async function findProgram(program: string, path: string): Promise<string | undefined> {
  const name = process.platform === "win32" ? `${program}.exe` : program;
  for (const folder of path.split(delimiter).filter((one) => isAbsolute(one)))
    try {
      const file = join(folder, name);
      await access(file, constants.X_OK);
      if ((await stat(file)).isFile()) return file;
    } catch {
      continue; // not here
    }
  return undefined;
}

type Helper = { readonly program: string; readonly path: string; readonly env: Environment };

async function run(
  { program, path, env }: Helper,
  input: string,
  { signal }: Options,
): Promise<{ readonly output: Buffer; readonly exitCode: number | null }> {
  const late = AbortSignal.timeout(maxMs);
  const child = spawn(path, ["get"], {
    env: Object.fromEntries(Object.entries(env).filter(([variable]) => !OURS.test(variable))),
    stdio: ["pipe", "pipe", "ignore"],
    signal: AbortSignal.any([signal, late]),
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  child.stdin.on("error", () => undefined); // it need not read what it was asked
  child.stdin.end(input);
  const stop = (): void => {
    child.kill("SIGKILL");
    child.stdout.destroy(); // what it has started itself may still hold the other end
  };
  const chunks: Buffer[] = [];
  let bytes = 0;
  child.stdout.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > maxOutputBytes) stop();
    else chunks.push(chunk);
  });
  try {
    const exitCode = await ended;
    if (bytes > maxOutputBytes) throw broken(`${program} does not stop talking`);
    return { output: Buffer.concat(chunks), exitCode };
  } catch (cause) {
    signal.throwIfAborted();
    if (cause instanceof RemoteError) throw cause;
    if (late.aborted) throw broken(`${program} takes too long`);
    throw broken(`${program} cannot be started`);
  } finally {
    child.stdout.destroy();
  }
}

function broken(what: string): RemoteError {
  return new RemoteError("remotes/credentials-broken", what);
}
