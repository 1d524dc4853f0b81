import { spawn } from "node:child_process";
import { cp, mkdir, readdir, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { BenchServer } from "./cli-server.ts";

/** A notary client under test, with a home and a trust directory of its own. */
export type BenchClient = {
  readonly name: "go" | "ours";
  /** Wall time of one command in ms, from its start to its end. Throws when it fails. */
  readonly time: (server: BenchServer, args: readonly string[]) => Promise<number>;
  /** Forgets all that it has read from servers; keys stay. */
  readonly forget: () => Promise<void>;
  /** Begins again with the keys and files of `template`. */
  readonly restart: (template: string) => Promise<void>;
};

const passphrase = "a passphrase for benchmarks";
const passphrases = Object.fromEntries(
  ["ROOT", "TARGETS", "SNAPSHOT", "DELEGATION"].map((role) => [
    `NOTARY_${role}_PASSPHRASE`,
    passphrase,
  ]),
);

export function benchClient(name: "go" | "ours", program: string, home: string): BenchClient {
  const trust = join(home, "trust");
  return {
    name,
    time: (server, args) => timed(program, home, server, ["-d", trust, ...args]),
    async forget() {
      const files = await readdir(trust, { recursive: true, withFileTypes: true });
      for (const entry of files)
        if (entry.isDirectory() && entry.name === "metadata")
          await rm(join(entry.parentPath, entry.name), { recursive: true });
    },
    async restart(template) {
      await rm(trust, { recursive: true, force: true });
      await mkdir(home, { recursive: true });
      await cp(template, trust, { recursive: true });
    },
  };
}

async function timed(
  program: string,
  home: string,
  server: BenchServer,
  args: readonly string[],
): Promise<number> {
  const started = performance.now();
  const child = spawn(program, ["-s", server.url, "--tlscacert", server.caFile, ...args], {
    env: {
      HOME: home,
      // Ours runs on the Node.js that runs this.
      PATH: `${dirname(process.execPath)}:${process.env["PATH"] ?? ""}`,
      NOTARY_AUTH: server.auth,
      ...passphrases,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let words = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => (words = (words + chunk.toString()).slice(-2_000)));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  const took = performance.now() - started;
  if (code !== 0) throw new Error(`${program} ${args.join(" ")}: ${words}`);
  return took;
}
