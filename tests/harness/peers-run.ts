import { spawn } from "node:child_process";

export type Ran = { readonly exitCode: number; readonly out: string; readonly err: string };
export type RunOptions = {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly input?: string | Uint8Array;
  readonly timeoutMs?: number;
  /** What the command line begins with: `nsenter …` into another network. */
  readonly via?: readonly string[];
  /** Kills the program. */
  readonly signal?: AbortSignal;
};

const maxOutputBytes = 4 * 1024 * 1024;

/**
 * Runs a program to its end, with `PATH` and what `env` says as its whole environment. When the
 * time is up the program is killed: the docker client does not listen to anything milder.
 */
export async function runPeer(
  program: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Ran> {
  const [first = program, ...rest] = [...(options.via ?? []), program, ...args];
  const child = spawn(first, rest, {
    env: { PATH: process.env["PATH"] ?? "", LC_ALL: "C", ...options.env },
    stdio: ["pipe", "pipe", "pipe"],
    timeout: options.timeoutMs ?? 60_000,
    killSignal: "SIGKILL",
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  options.signal?.addEventListener("abort", () => child.kill("SIGKILL"), { once: true });
  const collect = (stream: NodeJS.ReadableStream): (() => string) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    stream.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= maxOutputBytes) chunks.push(chunk);
    });
    return () => Buffer.concat(chunks).toString("utf8");
  };
  const out = collect(child.stdout);
  const err = collect(child.stderr);
  child.stdin.on("error", () => undefined); // it may end without reading all of its input
  child.stdin.end(options.input ?? "");
  const exitCode = await new Promise<number>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve(code ?? (signal === "SIGKILL" ? 137 : 143)));
  });
  return { exitCode, out: out(), err: err() };
}

/** As `runPeer`, for what has to succeed. */
export async function mustRun(
  program: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  const ran = await runPeer(program, args, options);
  if (ran.exitCode !== 0)
    throw new Error(
      `${program} ${args.join(" ")} ended with ${ran.exitCode}:\n${ran.out}${ran.err}`,
    );
  return ran.out;
}
