/**
 * Counts the signatures that a process checks. Loaded ahead of the server (`--import`), each of its processes
 * writes its count into `CHECKS_FOLDER` when it is sent SIGUSR2.
 */
import crypto from "node:crypto";
import { writeFileSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";

export const checks = { count: 0, milliseconds: 0 };

const verify = crypto.verify;
crypto.verify = ((...given: Parameters<typeof verify>): unknown => {
  const started = performance.now();
  try {
    return verify(...given);
  } finally {
    checks.count += 1;
    checks.milliseconds += performance.now() - started;
  }
}) as typeof verify;
syncBuiltinESMExports();

const folder = process.env["CHECKS_FOLDER"];
if (folder !== undefined)
  process.on("SIGUSR2", () =>
    writeFileSync(join(folder, String(process.pid)), `${checks.count}\n`),
  );
