import { readFileSync } from "node:fs";

/** Our version, from the package's own manifest: two levels up in the source, three in the build. */
export const packageVersion = readVersion();

function readVersion(): string {
  for (const level of ["../../package.json", "../../../package.json"])
    try {
      const text = readFileSync(new URL(level, import.meta.url), "utf8");
      const version = versionIn(JSON.parse(text));
      if (version !== undefined) return version;
    } catch {
      continue; // not at this level
    }
  return "0.0.0";
}

/** Read by hand, for every command starts with it: a schema library would cost more than all else together. */
function versionIn(manifest: unknown): string | undefined {
  if (typeof manifest !== "object" || manifest === null) return undefined;
  const isOurs = "name" in manifest && manifest.name === "countersign";
  const hasVersion = "version" in manifest && typeof manifest.version === "string";
  return isOurs && hasVersion ? String(manifest.version) : undefined;
}
