import { existsSync } from "node:fs";
import { join } from "node:path";

/** The web pages that are built beside the program; empty where there are none, as when it runs from its source. */
export function builtWeb(programDirectory: string = import.meta.dirname): string {
  const directory = join(programDirectory, "../web");
  return existsSync(join(directory, "index.html")) ? directory : "";
}
