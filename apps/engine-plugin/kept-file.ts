import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { writeFileAtomically } from "#adapters/io";
import type { Kept, KeptStore } from "#services/node-verdicts";

// Only what we wrote is read: the folder is root's alone.
const File = z.object({ format: z.literal(1), kept: z.custom<Kept>() });

/** What a node keeps of verdicts and refusals: one file, whole or as it was before. */
export function keptFile(directory: string): KeptStore {
  const path = join(directory, "verdicts.json");
  return {
    async load({ signal }) {
      try {
        const text = await readFile(path, { encoding: "utf8", signal });
        return File.parse(JSON.parse(text)).kept;
      } catch {
        signal.throwIfAborted();
        return { verdicts: [], refusals: [] }; // the first start, or a file that is no good: asks anew
      }
    },
    async save(kept, o) {
      await mkdir(directory, { recursive: true, mode: 0o700 });
      await writeFileAtomically(path, JSON.stringify({ format: 1, kept }), { ...o, mode: 0o600 });
    },
  };
}
