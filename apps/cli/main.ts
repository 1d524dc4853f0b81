#!/usr/bin/env node
import { homedir } from "node:os";
import { run } from "./program.ts";
import { processTerminal } from "./terminal.ts";

process.exitCode = await run(process.argv.slice(2), {
  env: process.env,
  workingDirectory: process.cwd(),
  homeDirectory: homedir(),
  clock: Date.now,
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  terminal: processTerminal(),
});
