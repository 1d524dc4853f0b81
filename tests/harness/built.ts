import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { join, resolve } from "node:path";

const top = resolve(import.meta.dirname, "../..");
const sources = ["domain", "contracts", "services", "adapters", "faces", "apps"];
let isFresh = false;

/** The built file of a command, bundled again when a source has changed since. */
export function builtCommand(name: "countersign" | "notary" | "docker-trust"): string {
  const file = join(top, "dist/bin", `${name}.js`);
  isFresh ||= existsSync(file) && newestSource() <= statSync(file).mtimeMs;
  if (!isFresh) {
    const bundled = spawnSync(process.execPath, [join(top, "scripts/bundle.ts")], {
      encoding: "utf8",
    });
    if (bundled.status !== 0) throw new Error(`the commands cannot be built:\n${bundled.stderr}`);
    isFresh = true;
  }
  return file;
}

function newestSource(): number {
  const files = sources.flatMap((shelf) =>
    readdirSync(join(top, shelf), { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"))
      .map((file) => join(top, shelf, file)),
  );
  const times = files.map((file) => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0);
  return Math.max(...times);
}
