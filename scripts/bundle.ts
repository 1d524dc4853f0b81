import { build, type BuildResult, type Metafile } from "esbuild";
import { existsSync, mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { chmodSync, renameSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { lightBuiltins, straightImports } from "./bundle-plugins.ts";
import { licencesOf } from "./licences.ts";
import { projectDirectory } from "./settings.ts";

/**
 * Writes the commands to `dist/bin`: each with the packages that it uses, in pieces that are loaded when they
 * are needed. `worker.js` is the server's own entry for its other processes.
 */
const entries: Readonly<Record<string, string>> = {
  countersign: "apps/cli/main.ts",
  notary: "apps/notary/main.ts",
  "docker-trust": "apps/docker-trust/main.ts",
  worker: "apps/server/worker.ts",
};
const target = join(projectDirectory, "dist/bin");

const present = Object.entries(entries).filter(([, file]) =>
  existsSync(join(projectDirectory, file)),
);
const built = await build({
  absWorkingDir: projectDirectory,
  entryPoints: Object.fromEntries(present),
  outdir: target,
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node24",
  conditions: ["module"],
  chunkNames: "[name]-[hash]",
  minifySyntax: true,
  minifyWhitespace: true,
  sourcemap: "linked",
  sourcesContent: false,
  legalComments: "none", // whole licences are in licences.txt
  // Packages written for CommonJS ask for Node's own modules with `require`; all else is in the bundle.
  banner: { js: "const require=process.getBuiltinModule;" },
  plugins: [lightBuiltins, straightImports],
  metafile: true,
  write: false,
  logLevel: "warning",
});
write(built);

function write({ outputFiles = [], metafile }: BuildResult & { metafile: Metafile }): void {
  mkdirSync(target, { recursive: true });
  // Pieces first: whoever starts a command meanwhile finds either all of the old or all of the new.
  const isEntry = (path: string): boolean =>
    /\/[a-z-]+\.js$/.test(path) && basename(path, ".js") in entries;
  const ordered = outputFiles.toSorted((a, b) => Number(isEntry(a.path)) - Number(isEntry(b.path)));
  for (const { path, contents } of ordered) {
    writeFileSync(`${path}.new`, contents);
    if (isEntry(path)) chmodSync(`${path}.new`, 0o755);
    renameSync(`${path}.new`, path);
  }
  writeFileSync(join(target, "licences.txt"), licencesOf(Object.keys(metafile.inputs)));
  // A process that started before this build still finds its pieces for a while.
  const keptMs = process.argv.includes("--clean") ? 0 : 15 * 60_000;
  const current = new Set([...outputFiles.map(({ path }) => basename(path)), "licences.txt"]);
  for (const name of readdirSync(target).filter((each) => !current.has(each)))
    if (Date.now() - statSync(join(target, name)).mtimeMs > keptMs) rmSync(join(target, name));
}
