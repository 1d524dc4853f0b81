import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { gap, say, tell } from "../say.ts";
import { Stop } from "../settings.ts";

/** Someone's terminal: the name in the prompt, and what the shell of this person knows. */
export type Seat = {
  readonly name: string;
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
};
type Expectation = {
  /** `fails`: any exit code but 0. */
  readonly outcome?: "works" | "fails" | "either";
  /** What the output must hold. */
  readonly shows?: string;
  readonly quiet?: boolean;
};

const columns = 80;
const interrupted = new AbortController();

/** Ctrl-C ends the command in hand, and then the play; what has to be put back still is. */
export function endOnInterrupt(): void {
  for (const name of ["SIGINT", "SIGTERM"] as const)
    process.on(name, () => interrupted.abort(new Stop("interrupted")));
}

export function heading(title: string): void {
  gap();
  say(title);
  say("-".repeat(title.length));
  say();
}

export function explain(prose: string): void {
  gap();
  tell(prose);
  gap();
}

/**
 * Types `command` at somebody's shell: prints it, runs it and prints what it says, as it says it.
 * The play stops when something else happens than the story tells.
 */
export async function type(
  seat: Seat,
  command: string,
  { outcome = "works", shows = "", quiet = false }: Expectation = {},
): Promise<string> {
  if (!quiet) interrupted.signal.throwIfAborted();
  if (!quiet) say(fold(`${seat.name}$ ${command}`, " \\", "    "));
  const child = spawn("bash", ["-c", `exec 2>&1; ${command}`], {
    cwd: seat.folder,
    env: { PATH: process.env["PATH"] ?? "", LC_ALL: "C", TERM: "dumb", ...seat.env },
    stdio: ["ignore", "pipe", "inherit"],
    timeout: 120_000,
    killSignal: "SIGKILL",
  });
  const exit = new Promise<number>((resolve) => child.on("close", (code) => resolve(code ?? 137)));
  let output = "";
  for await (const line of createInterface({ input: child.stdout })) {
    output += `${line}\n`;
    if (!quiet) say(fold(line, "", "    "));
  }
  const exitCode = await exit;
  if (!quiet) interrupted.signal.throwIfAborted();
  const ended = exitCode === 0 ? "works" : "fails";
  const asTold = (outcome === "either" || outcome === ended) && output.includes(shows);
  if (asTold) return output;
  if (quiet) say(output);
  throw new Stop(
    `this ended with exit code ${exitCode}, and the story has it otherwise: ` +
      `it ${outcome}${shows === "" ? "" : ` and says "${shows}"`}`,
  );
}

/** Breaks a line that is too long at spaces; words longer than a line stay whole. */
function fold(line: string, atBreak: string, indent: string): string {
  const lines: string[] = [];
  let rest = line;
  const room = columns - atBreak.length;
  while (rest.length > columns) {
    const start = rest.search(/\S/);
    const space = rest.lastIndexOf(" ", room);
    const at = space > start ? space : rest.indexOf(" ", room);
    if (at < 0) break;
    lines.push(`${rest.slice(0, at).trimEnd()}${atBreak}`);
    rest = `${indent}${rest.slice(at).trimStart()}`;
  }
  return [...lines, rest.trimEnd()].join("\n");
}
