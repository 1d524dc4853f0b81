import { build, type Metafile, type OutputFile } from "esbuild";
import { chmodSync, existsSync, mkdirSync, readdirSync, renameSync } from "node:fs";
import { rmSync, statSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { lightBuiltins, straightImports } from "./bundle-plugins.ts";
import { licencesOf } from "./licences.ts";
import { projectDirectory } from "./settings.ts";

type Entries = Readonly<Record<string, string>>;
type Built = { readonly outputFiles: readonly OutputFile[]; readonly metafile: Metafile };

/**
 * Writes the commands to `dist/bin`: each with the packages that it uses, in pieces that are loaded when they
 * are needed. `worker.js` is the server's own entry for its other processes.
 */
const target = join(projectDirectory, "dist/bin");
const entries: Entries = {
  countersign: "apps/cli/main.ts",
  worker: "apps/server/worker.ts",
};
const notary: Entries = { notary: "apps/notary/main.ts" };
const dockerTrust: Entries = { "docker-trust": "apps/docker-trust/main.ts" };

write(
  await Promise.all([
    bundle(entries),
    bundle(notary, "/apps/notary/"),
    bundle(dockerTrust, "/apps/docker-trust/commands.ts"),
  ]),
);

async function bundle(of: Entries, together?: string): Promise<Built> {
  const present = Object.entries(of).filter(([, file]) => existsSync(join(projectDirectory, file)));
  return await build({
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
    plugins: [lightBuiltins, straightImports(together)],
    metafile: true,
    write: false,
    logLevel: "warning",
  });
}

function write(built: readonly Built[]): void {
  mkdirSync(target, { recursive: true });
  const files = new Map(
    built.flatMap(({ outputFiles }) =>
      outputFiles.map(({ path, contents }) => [basename(path), contents] as const),
    ),
  );
  const isEntry = (name: string): boolean =>
    [entries, notary, dockerTrust].some((each) => Object.hasOwn(each, name.replace(/\.js$/, "")));
  // Pieces first: whoever starts a command meanwhile finds either all of the old or all of the new.
  for (const [name, contents] of [...files].toSorted(
    ([a], [b]) => Number(isEntry(a)) - Number(isEntry(b)),
  )) {
    const path = join(target, name);
    const aside = `${path}.${process.pid}`; // another process may be building too
    writeFileSync(aside, contents);
    if (isEntry(name)) chmodSync(aside, 0o755);
    renameSync(aside, path);
  }
  const inputs = built.flatMap(({ metafile }) => Object.keys(metafile.inputs));
  writeFileSync(join(target, "licences.txt"), licencesOf(inputs));
  removeOthers(new Set([...files.keys(), "licences.txt"]));
}

/** A process that started before this build still finds its pieces for a while. */
function removeOthers(current: ReadonlySet<string>): void {
  const keptMs = process.argv.includes("--clean") ? 0 : 15 * 60_000;
  for (const name of readdirSync(target).filter((each) => !current.has(each))) {
    const path = join(target, name);
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat !== undefined && Date.now() - stat.mtimeMs > keptMs) rmSync(path, { force: true });
  }
}
