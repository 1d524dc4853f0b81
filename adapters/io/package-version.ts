import { readFileSync } from "node:fs";

/** Our version, from the package's own manifest: two levels up in the source and in the commands, three below `dist`. */
export const packageVersion = readVersion();

function readVersion(): string {
  for (const level of ["../../package.json", "../../../package.json"])
    try {
      const manifest: unknown = JSON.parse(readFileSync(new URL(level, import.meta.url), "utf8"));
      if (isOurs(manifest)) return manifest.version;
    } catch {
      continue; // not at this level
    }
  return "0.0.0";
}

/** By hand: a schema library takes longer to load than most commands take to run. */
function isOurs(manifest: unknown): manifest is { readonly version: string } {
  return (
    typeof manifest === "object" &&
    manifest !== null &&
    Reflect.get(manifest, "name") === "countersign" &&
    typeof Reflect.get(manifest, "version") === "string"
  );
}
