import { spawnSync } from "node:child_process";
import { readdirSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { say } from "./say.ts";
import { projectDirectory, Stop } from "./settings.ts";

const stamp = join(projectDirectory, "dist/built");
const sources = ["domain", "contracts", "services", "adapters", "faces", "apps", "web"];
const files = [
  "package-lock.json",
  "tsconfig.base.json",
  "vite.config.ts",
  "scripts/bundle.ts",
  "scripts/bundle-plugins.ts",
];

/** The built file of a command, which Node.js runs. */
export const commandFile = (name: "countersign" | "notary"): string =>
  join(projectDirectory, "dist/bin", `${name}.js`);

/** Bundles the commands, the server among them, and the web pages, unless nothing has changed since. */
export function build(): void {
  const before = Date.now();
  if (newestChange() <= builtAt()) return;
  say("building");
  for (const [program, ...args] of [
    ["node", "scripts/bundle.ts"],
    ["vite", "build", "--logLevel", "error"],
  ] as const) {
    const built = spawnSync(join(projectDirectory, "node_modules/.bin", program), args, {
      cwd: projectDirectory,
      encoding: "utf8",
      env: { ...process.env, PATH: `${dirname(process.execPath)}:${process.env["PATH"] ?? ""}` },
      stdio: ["ignore", "pipe", "pipe"],
    });
    if (built.status === 0) continue;
    say(`${built.stdout}${built.stderr}`);
    throw new Stop("the build failed");
  }
  markBuilt(before);
}

/** Notes that everything as it was at `instant` is built. */
export function markBuilt(instant: number): void {
  writeFileSync(stamp, "");
  utimesSync(stamp, instant / 1000, instant / 1000);
}

function builtAt(): number {
  const stat = statSync(stamp, { throwIfNoEntry: false });
  const entry = statSync(commandFile("countersign"), { throwIfNoEntry: false });
  const page = statSync(join(projectDirectory, "dist/web/index.html"), { throwIfNoEntry: false });
  return stat === undefined || entry === undefined || page === undefined ? 0 : stat.mtimeMs;
}

/** When a source was last written, added or taken away. */
function newestChange(): number {
  const folders = sources.map((name) => join(projectDirectory, name));
  const below = folders.flatMap((folder) => [
    folder,
    ...readdirSync(folder, { recursive: true, withFileTypes: true }).map((entry) =>
      join(entry.parentPath, entry.name),
    ),
  ]);
  const all = [...below, ...files.map((name) => join(projectDirectory, name))];
  return Math.max(...all.map((file) => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0));
}
