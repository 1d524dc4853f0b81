import { spawn } from "node:child_process";
import type { Options } from "#domain/kernel";
import type { Credentials } from "./credentials.ts";
import { RemoteError } from "./errors.ts";
import { jsonObject, textOf } from "./json.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
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
  const { output, exitCode } = await run(program, server, env, o);
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

async function run(
  program: string,
  input: string,
  env: Environment,
  { signal }: Options,
): Promise<{ readonly output: Buffer; readonly exitCode: number | null }> {
  const late = AbortSignal.timeout(maxMs);
  const child = spawn(program, ["get"], {
    env,
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
