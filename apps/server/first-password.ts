import { join } from "node:path";
import type { Logger } from "pino";
import { writeFileAtomically } from "#adapters/io";
import type { Options } from "#domain/kernel";
import type { Config } from "./config.ts";
import type { App } from "./wire.ts";

/** The first admin's password goes to a file that only we may read, once; it is stored nowhere else. */
export async function keepFirstPassword(
  app: App,
  config: Config,
  log: Logger,
  o: Options,
): Promise<void> {
  const file = config.firstPasswordFile || join(config.dataDirectory, "first-admin-password");
  await app.accounts.ensureFirstAdmin(async ({ username, password }) => {
    await writeFileAtomically(file, `${password}\n`, { ...o, mode: 0o600 });
    const told = "the first admin's password is in this file";
    log.info({ event: "server.first-admin", username, file }, told);
  }, o);
}
