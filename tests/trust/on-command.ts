/** A process of its own on a shared data directory: publishes and judges as each line of its input says. */
import { createInterface } from "node:readline";
import { publisher, released, wired } from "./wired-world.ts";

const [data = ""] = process.argv.slice(2);
const app = await wired(data);
let publishing: ReturnType<typeof publisher> | undefined;
process.stdout.write("ready\n");
for await (const line of createInterface({ input: process.stdin })) {
  if (line === "judge") process.stdout.write(`${await released(app)}\n`);
  else {
    publishing ??= publisher(app);
    await (await publishing).publish(app, line);
    process.stdout.write(`${line}\n`);
  }
}
await app.close();
