#!/usr/bin/env node
import { homedir } from "node:os";

const needed = 24;

if (Number(process.versions.node.split(".", 1)[0]) < needed) {
  process.stderr.write(`error: countersign needs Node.js ${needed} or newer\n`);
  process.stderr.write("hint:  in the checkout, npx countersign runs on the one that it brings\n");
  process.exitCode = 1;
} else {
  // Loaded here, for an older Node cannot even read the rest.
  const { run } = await import("./program.ts");
  const { processTerminal } = await import("./terminal.ts");
  process.exitCode = await run(process.argv.slice(2), {
    env: process.env,
    workingDirectory: process.cwd(),
    homeDirectory: homedir(),
    clock: Date.now,
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    terminal: processTerminal(),
  });
}
