import { existsSync } from "node:fs";
import { stopEngine } from "./engine.ts";
import { exclusively } from "./exclusively.ts";
import { say } from "./say.ts";
import { script } from "./script.ts";
import { stopServer } from "./server.ts";
import { readSettings } from "./settings.ts";

await script(async () => {
  const settings = readSettings();
  if (!existsSync(settings.data)) return say("nothing runs: there is no data directory yet");
  await exclusively(settings.data, async () => {
    const server = await stopServer(settings.data);
    const engine = await stopEngine(settings);
    say(server || engine ? "stopped; make up goes on where this left off" : "nothing runs");
  });
});
