import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { writeFileAtomically } from "#adapters/io";
import type { Options } from "#domain/kernel";

/** The key that signs what is told to a webhook: the text of this file, made when it is needed first. */
export async function webhookKey(dataDirectory: string, o: Options): Promise<Uint8Array> {
  const file = join(dataDirectory, "webhook.key");
  try {
    return Buffer.from((await readFile(file, "utf8")).trim());
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
  }
  const key = randomBytes(32).toString("hex");
  await writeFileAtomically(file, `${key}\n`, { signal: o.signal, mode: 0o600 });
  return Buffer.from(key);
}
