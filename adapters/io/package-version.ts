import { readFileSync } from "node:fs";
import { z } from "zod";

const Manifest = z.object({ name: z.literal("countersign"), version: z.string() });

/** Our version, from the package's own manifest: two levels up in the source, three in the build. */
export const packageVersion = readVersion();

function readVersion(): string {
  for (const level of ["../../package.json", "../../../package.json"])
    try {
      const text = readFileSync(new URL(level, import.meta.url), "utf8");
      return Manifest.parse(JSON.parse(text)).version;
    } catch {
      continue; // not at this level
    }
  return "0.0.0";
}
