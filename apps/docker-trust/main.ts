#!/usr/bin/env node
import { start } from "#apps/start";

const { env } = process;

await start({
  name: "docker-trust",
  env,
  load: async () => {
    const { homedir } = await import("node:os");
    const { standardInput } = await import("#apps/notary");
    const { run } = await import("./program.ts");
    process.exitCode = await run(process.argv.slice(2), {
      env,
      workingDirectory: process.cwd(),
      homeDirectory: homedir(),
      clock: Date.now,
      out: (text) => void process.stdout.write(text),
      err: (text) => void process.stderr.write(text),
      input: standardInput(() => process.stdin),
    });
  },
});
