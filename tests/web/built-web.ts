import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";

const checkout = fileURLToPath(new URL("../..", import.meta.url));
const kept = join(checkout, "dist", "web-tests");
const sources = ["web", "contracts", "domain/identity", "domain/kernel", "vite.config.ts"];

/** The pages as they are built from the sources of this moment: built once for each state of the sources. */
export async function builtWeb(): Promise<string> {
  const folder = join(kept, await fingerprint());
  if (existsSync(join(folder, "index.html"))) return folder;
  await mkdir(join(checkout, "dist"), { recursive: true });
  const temporary = await mkdtemp(join(checkout, "dist", "web-tests-"));
  try {
    await build({
      configFile: join(checkout, "vite.config.ts"),
      logLevel: "error",
      build: { outDir: temporary },
    });
    await moveTo(temporary, folder);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
  return folder;
}

/** Another test file may have built the same meanwhile: then its folder is as good. */
async function moveTo(from: string, folder: string): Promise<void> {
  await mkdir(kept, { recursive: true });
  for (const old of await readdir(kept))
    if (!folder.endsWith(old)) await rm(join(kept, old), { recursive: true, force: true });
  try {
    await rename(from, folder);
  } catch (error) {
    if (!existsSync(join(folder, "index.html"))) throw error;
  }
}

async function fingerprint(): Promise<string> {
  const hash = createHash("sha256");
  for (const source of sources) {
    const path = join(checkout, source);
    const files = source.endsWith(".ts")
      ? [path]
      : (await readdir(path, { recursive: true, withFileTypes: true }))
          .filter((entry) => entry.isFile() && !/\.test\.tsx?$/.test(entry.name))
          .map((entry) => join(entry.parentPath, entry.name))
          .toSorted();
    for (const file of files)
      hash
        .update(file)
        .update("\0")
        .update(await readFile(file));
  }
  return hash.digest("hex").slice(0, 16);
}
