import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, expect, test } from "vitest";
import { digestOf, publisher, released, wired } from "./wired-world.ts";

let data = "";
beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), "countersign-fresh-"));
});
afterEach(() => rm(data, { recursive: true, force: true }));

test("after a publish is acknowledged no verdict uses older data, 500 times", async () => {
  await using app = await wired(data);
  const { publish } = await publisher(app);
  for (let round = 0; round < 500; round += 1) {
    const content = `release ${round}`;
    const early = round % 7 === 0 ? released(app) : undefined; // asked before, answered whenever
    await publish(app, content);
    const verdicts = await Promise.all([released(app), released(app)]);
    expect(verdicts).toEqual([digestOf(content), digestOf(content)]);
    await early;
    expect(await released(app)).toBe(digestOf(content));
  }
});

test("nor a verdict of another process on the same database", async () => {
  await using other = await processOn(data);
  await other.ask("the first release"); // and with it the signer's account, which a process reads once
  await using app = await wired(data);
  for (let round = 0; round < 250; round += 1) {
    const content = `release ${round}`;
    const acknowledged = other.ask(content);
    // Judged all the while, so that what is kept in memory is as new as it can be.
    const early = round % 3 === 0 ? released(app) : undefined;
    expect(await acknowledged).toBe(content);
    expect(await released(app)).toBe(digestOf(content));
    await early;
  }
});

test("whichever of them publishes", async () => {
  await using app = await wired(data);
  await using other = await processOn(data);
  const { publish } = await publisher(app);
  for (let round = 0; round < 250; round += 1) {
    const early = round % 3 === 0 ? other.ask("judge") : undefined;
    await publish(app, `release ${round}`);
    await early;
    const verdicts = await Promise.all([other.ask("judge"), released(app)]);
    expect(verdicts).toEqual([digestOf(`release ${round}`), digestOf(`release ${round}`)]);
  }
});

/** Another process of the program on the same data directory; answers one line with one line. */
async function processOn(
  directory: string,
): Promise<AsyncDisposable & { readonly ask: (line: string) => Promise<string> }> {
  const script = join(import.meta.dirname, "on-command.ts");
  const child = spawn(process.execPath, ["--conditions=source", script, directory], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<string> => String((await lines.next()).value);
  expect(await next()).toBe("ready");
  return {
    ask(line) {
      child.stdin.write(`${line}\n`);
      return next();
    },
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    },
  };
}
