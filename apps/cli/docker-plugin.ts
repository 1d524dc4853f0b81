import { execFile } from "node:child_process";
import { access, mkdir, readFile, rm } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { writeFileAtomically } from "#adapters/io";
import { CliError } from "./errors.ts";
import type { World } from "./world.ts";

const name = "docker-trust";
const systemFolder = "/usr/local/lib/docker/cli-plugins";
/** By this line in its first lines a launcher is known to be ours. */
const mark = "# Countersign's docker-trust plugin.";
const maxAnswerBytes = 1_048_576;
const askMs = 30_000;

/** Where docker looks for the plugin: the user's folder, or the one of all users. */
export function pluginFile(
  { env, homeDirectory, workingDirectory }: World,
  { system = false }: { readonly system?: boolean },
): string {
  const own = env["DOCKER_CONFIG"] || join(homeDirectory, ".docker");
  const folder = system ? systemFolder : join(resolve(workingDirectory, own), "cli-plugins");
  return join(folder, name);
}

/** The plugin's own program, beside the one that runs. Throws `cli/file-unreadable` where it will not stay. */
export async function findProgram(): Promise<string> {
  const here = import.meta.dirname;
  const bundled = join(here, `${name}.js`);
  const candidates = [bundled, join(here, "../../dist/bin", `${name}.js`)];
  for (const candidate of candidates) {
    if (!(await isThere(candidate))) continue;
    if (!/[\\/]_npx[\\/]/.test(candidate)) return candidate;
    throw new CliError(
      "cli/file-unreadable",
      "npx keeps this program for a while only, and the plugin needs it to stay",
      "npm install -g countersign, then countersign docker-plugin install",
    );
  }
  throw new CliError("cli/file-unreadable", "the plugin is not built", "npm run build");
}

/** Whose the file is that lies there. */
export async function stateOf(file: string): Promise<"absent" | "ours" | "foreign"> {
  try {
    const text = (await readFile(file)).subarray(0, 1_024).toString("latin1");
    return text.split("\n").slice(0, 3).includes(mark) ? "ours" : "foreign";
  } catch (error) {
    if (codeOf(error) === "ENOENT" || codeOf(error) === "ENOTDIR") return "absent";
    throw unwritable(file, error);
  }
}

/** Writes a launcher that finds Node.js and the program. */
export async function installPlugin(file: string, program: string): Promise<void> {
  const o = { signal: new AbortController().signal };
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFileAtomically(file, launcher(process.execPath, program), { ...o, mode: 0o755 });
  } catch (error) {
    throw unwritable(file, error);
  }
}

export async function uninstallPlugin(file: string): Promise<void> {
  await rm(file, { force: true }).catch((error: unknown) => {
    throw unwritable(file, error);
  });
}

/** What docker makes of the plugin. */
export type Seen = "runs" | "built-in" | "not-found" | "no-docker";

/** Asks docker which plugins it finds. No engine is needed for that. */
export async function seenBy({ env }: World, file: string): Promise<Seen> {
  let answer = "";
  try {
    const asked = ["info", "--format", "{{json .ClientInfo.Plugins}}"];
    const options = { env: { ...env }, timeout: askMs, maxBuffer: maxAnswerBytes };
    answer = (await promisify(execFile)("docker", asked, options)).stdout;
  } catch (error) {
    if (codeOf(error) === "ENOENT") return "no-docker";
    // It may end badly for want of an engine, and has said what it knows all the same.
    const said: unknown = error instanceof Error ? Reflect.get(error, "stdout") : undefined;
    answer = typeof said === "string" ? said : "";
  }
  const found = pluginsIn(answer).find(({ path }) => path === file);
  if (found === undefined) return "not-found";
  if (found.fault === "") return "runs";
  return found.fault.includes("builtin") ? "built-in" : "not-found";
}

type Plugin = { readonly path: string; readonly fault: string };

function pluginsIn(answer: string): readonly Plugin[] {
  try {
    const read: unknown = JSON.parse(answer.split("\n", 1)[0] ?? "");
    return Array.isArray(read) ? read.flatMap((one: unknown) => pluginOf(one)) : [];
  } catch {
    return []; // an older docker writes something else, which says as little
  }
}

function pluginOf(value: unknown): readonly Plugin[] {
  if (typeof value !== "object" || value === null) return [];
  const path: unknown = Reflect.get(value, "Path");
  const fault: unknown = Reflect.get(value, "Err") ?? "";
  return typeof path === "string" ? [{ path, fault: JSON.stringify(fault).slice(1, -1) }] : [];
}

function launcher(node: string, program: string): string {
  return `#!/bin/sh
${mark}
# countersign docker-plugin install wrote it, and docker-plugin uninstall takes it away.
node=${quoted(node)}
program=${quoted(program)}
[ -x "$node" ] || node=node
if [ ! -f "$program" ]; then
  echo "docker-trust: countersign is no longer at $program" >&2
  echo "hint: run countersign docker-plugin install again, or delete $0" >&2
  exit 1
fi
exec "$node" "$program" "$@"
`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

async function isThere(file: string): Promise<boolean> {
  return await access(file).then(
    () => true,
    () => false,
  );
}

function codeOf(error: unknown): unknown {
  return error instanceof Error ? Reflect.get(error, "code") : undefined;
}

function unwritable(file: string, cause: unknown): CliError {
  const isDenied = codeOf(cause) === "EACCES" || codeOf(cause) === "EPERM";
  const hint = isDenied ? "run it as somebody who may write there, with sudo perhaps" : undefined;
  return new CliError("cli/file-unwritable", `${file} cannot be written`, hint, { cause });
}
