import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parseGun } from "#domain/oci";
import { decodeSnapshot, decodeTimestamp, snapshotRole, timestampRole } from "#domain/tuf";
import { missing } from "../harness/peers.ts";
import { runPeer, type Ran } from "../harness/peers-run.ts";
import { notaryAuth, openTrustLab, type TrustLab } from "../interop/trust-lab.ts";

const msPerDay = 86_400_000;
const o = { signal: new AbortController().signal };
const { gun } = parseGun("registry.test/acme/web");

/** The real client, with a trust directory of its own. */
function notary(lab: TrustLab, name: string): (...args: readonly string[]) => Promise<Ran> {
  const home = join(lab.directory, name);
  const env = {
    HOME: home,
    NOTARY_AUTH: notaryAuth,
    NOTARY_ROOT_PASSPHRASE: "a long passphrase",
    NOTARY_TARGETS_PASSPHRASE: "a long passphrase",
    NOTARY_SNAPSHOT_PASSPHRASE: "a long passphrase",
  };
  return async (...args) => {
    if (!existsSync(home)) await mkdir(home);
    const where = ["-s", lab.url, "--tlscacert", lab.caFile, "-d", join(home, "trust")];
    return await runPeer("notary", [...where, ...args], { env });
  };
}

async function published(lab: TrustLab, snapshot: "ours" | "theirs") {
  const owner = notary(lab, "owner");
  const must = async (...args: readonly string[]): Promise<string> => {
    const ran = await owner(...args);
    expect(ran).toMatchObject({ exitCode: 0 });
    return ran.out;
  };
  await must("init", "-p", gun);
  if (snapshot === "ours") await must("key", "rotate", gun, "snapshot", "--server-managed");
  await must("addhash", "-p", gun, "1.0", "100", "--sha256", "5e".repeat(32));
  return must;
}

describe.skipIf(missing("notary"))("a server that was switched off", () => {
  test("for a month gives fresh data to the first who asks, and old clients accept it", async () => {
    let now = Date.now();
    await using lab = await openTrustLab(() => now);
    const must = await published(lab, "ours");
    const reader = notary(lab, "reader");
    expect((await reader("list", gun)).out).toContain("1.0");
    const before = await lab.trust.current(gun, timestampRole, o);
    now += 31 * msPerDay;
    // The gate's reader is the first to ask; its answer rests on data that is good for two weeks.
    expect(await lab.reader.read(gun, o)).toMatchObject({ kind: "verified" });
    const after = await lab.trust.current(gun, timestampRole, o);
    expect(after?.version).toBe((before?.version ?? 0) + 1);
    expect(decodeTimestamp(after?.bytes ?? new Uint8Array()).signed.expires).toBeGreaterThan(
      now + 13 * msPerDay,
    );
    const again = await reader("list", gun);
    expect(again).toMatchObject({ exitCode: 0 });
    expect(again.out).toContain("1.0");
    await must("addhash", "-p", gun, "1.1", "100", "--sha256", "5f".repeat(32));
    expect((await reader("list", gun)).out).toContain("1.1");
  });

  test("for two years gives a new snapshot as well, where it holds the key", async () => {
    let now = Date.now();
    await using lab = await openTrustLab(() => now);
    await published(lab, "ours");
    const reader = notary(lab, "reader");
    expect((await reader("list", gun)).out).toContain("1.0");
    const before = await lab.trust.current(gun, snapshotRole, o);
    now += 730 * msPerDay;
    const after = await lab.trust.current(gun, snapshotRole, o);
    expect(after?.version).toBe((before?.version ?? 0) + 1);
    const meta = (file: typeof after) =>
      decodeSnapshot(file?.bytes ?? new Uint8Array()).signed.meta;
    expect(meta(after)).toEqual(meta(before));
    expect(await reader("list", gun)).toMatchObject({ exitCode: 0 });
  });

  test("leaves a client's own snapshot as it is, and signs nothing under it once it is over", async () => {
    let now = Date.now();
    await using lab = await openTrustLab(() => now);
    await published(lab, "theirs");
    const before = await lab.trust.current(gun, timestampRole, o);
    now += 1_200 * msPerDay; // the client's snapshot is good for three years
    expect(await lab.trust.current(gun, timestampRole, o)).toEqual(before);
    expect(await lab.reader.read(gun, o)).toMatchObject({ kind: "expired" });
  });

  test("keeps serving while its clock is wrong, and the client is told why it cannot publish", async () => {
    let now = Date.now();
    await using lab = await openTrustLab(() => now);
    await published(lab, "ours");
    const reader = notary(lab, "reader");
    now -= 3_600_000;
    expect((await reader("list", gun)).out).toContain("1.0");
    const owner = notary(lab, "owner");
    const args = ["addhash", "-p", gun, "late", "100", "--sha256", "5e".repeat(32)];
    expect((await owner(...args)).exitCode).not.toBe(0);
    now += 3_600_000;
    expect(await owner("publish", gun)).toMatchObject({ exitCode: 0 });
    expect((await reader("list", gun)).out).toContain("late");
  });
});
