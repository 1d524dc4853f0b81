#!/usr/bin/env node
import { start } from "#apps/start";

const { env } = process;

await start({
  name: "notary",
  env,
  load: async () => {
    const { runHere } = await import("./run-here.ts");
    process.exitCode = await runHere(env);
  },
});
