import { homedir } from "node:os";
import { standardInput } from "./standard-input.ts";
import type { World } from "./world.ts";

/** The process that a command runs in. */
export function processWorld(env: World["env"]): World {
  return {
    env,
    workingDirectory: process.cwd(),
    homeDirectory: homedir(),
    clock: Date.now,
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    input: standardInput(() => process.stdin),
  };
}
