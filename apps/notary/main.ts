#!/usr/bin/env node
import { start } from "#apps/start";

await start({
  name: "notary",
  env: process.env,
  load: async () => {
    const { runHere } = await import("./run-here.ts");
    process.exitCode = await runHere();
  },
});
