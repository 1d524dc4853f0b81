import { createHash } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { BenchClient } from "./cli-client.ts";
import type { BenchServer } from "./cli-server.ts";

/** What `notary addhash` takes of an image that was never pushed. */
export const imageNamed = (name: string): { readonly size: string; readonly sha256: string } => ({
  size: "1337",
  sha256: createHash("sha256").update(name).digest("hex"),
});

/** Makes a repository of `tags` tags with the Go client, whose trust directory is `trust`. */
export async function publishRepository(
  maker: BenchClient,
  server: BenchServer,
  { gun, tags, trust }: { readonly gun: string; readonly tags: number; readonly trust: string },
): Promise<void> {
  await maker.time(server, ["init", gun, "-p"]);
  await maker.time(server, ["key", "rotate", gun, "snapshot", "-r"]);
  // Staged as files: a call of the client for each of 10,000 would take longer than the benchmark.
  const changes = join(trust, "tuf", gun, "changelist");
  await mkdir(changes, { recursive: true, mode: 0o700 });
  for (let tag = 0; tag < tags; tag += 1)
    await writeFile(join(changes, `${String(tag).padStart(20, "0")}_bench.change`), change(tag), {
      mode: 0o600,
    });
  await maker.time(server, ["publish", gun]);
}

function change(tag: number): string {
  const name = `v${tag}`;
  const { size, sha256 } = imageNamed(name);
  const hashes = { sha256: Buffer.from(sha256, "hex").toString("base64") };
  const data = Buffer.from(JSON.stringify({ hashes, length: Number(size) })).toString("base64");
  return JSON.stringify({ action: "create", role: "targets", type: "target", path: name, data });
}
