import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";

const modules = [
  "/usr/lib/softhsm/libsofthsm2.so",
  "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
  "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
  "/usr/lib64/softhsm/libsofthsm2.so",
  "/opt/homebrew/lib/softhsm/libsofthsm2.so",
];

/** Why tests of tokens are left out here; undefined where they run. On CI nothing is left out. */
export function missingForTokens(): string | undefined {
  const reason = whatIsMissing();
  if (reason !== undefined && process.env["CI"]) throw new Error(`on CI: ${reason}`);
  return reason;
}

function whatIsMissing(): string | undefined {
  if (!modules.some((path) => existsSync(path))) return "SoftHSM is not installed";
  try {
    createRequire(import.meta.url)("pkcs11js");
    return undefined;
  } catch {
    return "pkcs11js is not installed: there was no compiler to build it";
  }
}

/** A token in software, with a PIN of its own, in a folder that ends with it. */
export type SoftToken = AsyncDisposable & {
  readonly module: string;
  readonly label: string;
  readonly pin: string;
  /** For processes that use it. */
  readonly env: Readonly<Record<string, string>>;
  readonly folder: string;
};

export async function softToken(label = "office"): Promise<SoftToken> {
  const module = modules.find((path) => existsSync(path));
  if (module === undefined) throw new Error("SoftHSM is not installed");
  const folder = await mkdtemp(join(tmpdir(), "countersign-token-"));
  await mkdir(join(folder, "tokens"));
  const conf = join(folder, "softhsm2.conf");
  await writeFile(conf, `directories.tokendir = ${join(folder, "tokens")}\nlog.level = ERROR\n`);
  const env = { SOFTHSM2_CONF: conf };
  const pin = "271828";
  execFileSync(
    "softhsm2-util",
    ["--init-token", "--free", "--label", label, "--so-pin", "314159", "--pin", pin],
    { env: { ...process.env, ...env }, stdio: "pipe" },
  );
  return {
    ...{ module, label, pin, env, folder },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}
