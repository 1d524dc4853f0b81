import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { missing } from "../harness/peers.ts";
import { seatOf, type Client } from "./drop-in-lab.ts";
import { notaryAuth, openTrustLab } from "./trust-lab.ts";

describe.skipIf(missing("notary"))("before a server that asks who it is", () => {
  test.for(["go", "ours"] as const)("%s signs in", { timeout: 60_000 }, async (client: Client) => {
    await using lab = await openTrustLab();
    const bench = { directory: lab.directory, url: lab.url, caFile: lab.caFile };
    const seat = await seatOf(bench, client, client);
    const gun = `${lab.registryHost}/acme/web`;
    await writeFile(join(seat.home, "content"), "x");
    const known = { env: { NOTARY_AUTH: notaryAuth } };
    await seat.must(["init", "-p", gun], known);
    await seat.must(["add", gun, "v1", "content", "-p"], known);
    await seat.must(["key", "rotate", gun, "snapshot", "-r"], known);
    expect(await seat.must(["list", gun], known)).toContain("v1");
    const password = Buffer.from(notaryAuth, "base64").toString().split(":")[1] ?? "";
    const asked = await seat.must(["lookup", gun, "v1"], { input: `alice\n${password}\n` });
    expect(asked).toMatch(/^Enter username: Enter password: \nv1 sha256:/);

    const stranger = await seatOf(bench, client, `${client}-stranger`);
    const wrong = Buffer.from("alice:another password").toString("base64");
    for (const env of [{ NOTARY_AUTH: wrong }, {}]) {
      const ran = await stranger.run(["list", gun], { env });
      expect([ran.exitCode, ran.out]).toEqual([1, expect.stringContaining("* fatal: ")]);
      expect(ran.out + ran.err).not.toContain("another password");
    }
    await seat.must(["delete", "--remote", gun], known);
    expect((await seat.run(["list", gun], known)).exitCode).toBe(1);
  });
});
