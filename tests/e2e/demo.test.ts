import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { missing, noEngine } from "../harness/peers.ts";
import { runPeer } from "../harness/peers-run.ts";

describe.skipIf(noEngine() || missing("notary", "busybox"))("make demo", () => {
  test("tells every step, and each goes as it is told", { timeout: 240_000 }, async () => {
    const ran = await runPeer(process.execPath, ["scripts/demo.ts"], {
      cwd: resolve(import.meta.dirname, "../.."),
      env: { ENGINE: "private" },
      timeoutMs: 220_000,
    });
    expect(ran.err).toBe("");
    expect(ran.exitCode).toBe(0);
    for (let step = 1; step <= 9; step++) expect(ran.out).toMatch(new RegExp(`^${step}\\. `, "m"));
    // Longer than a line is only a word that cannot be broken: an image with its digest.
    const tooLong = ran.out.split("\n").filter((line) => line.length > 80);
    expect(tooLong.filter((line) => /\S\s+\S/.test(line))).toEqual([]);
  });
});
