import { resolve } from "node:path";
import type { Client, OperationName } from "#contracts";
import type { Config } from "./config.ts";
import { connect, type Connection } from "./connect.ts";
import { CliError } from "./errors.ts";
import { firstLine, readNamedFile } from "./named-file.ts";
import type { World } from "./world.ts";

export type NamedUser = { readonly username: string; readonly password: string };

/** A session of one command: opened with the first call that needs it, and ended by `close`. */
export type TemporarySession = {
  readonly client: Client;
  readonly close: () => Promise<void>;
};

/** The account that COUNTERSIGN_USER names. */
export function environmentUser({ env }: World): string | undefined {
  return env["COUNTERSIGN_USER"] || undefined;
}

/**
 * COUNTERSIGN_USER with COUNTERSIGN_PASSWORD_FILE or COUNTERSIGN_PASSWORD; undefined where no user is named.
 * Throws `cli/not-signed-in` where there is no password.
 */
export async function environmentCredentials(world: World): Promise<NamedUser | undefined> {
  const username = environmentUser(world);
  if (username === undefined) return undefined;
  const password = await passwordIn(world);
  if (password !== "") return { username, password };
  const hint = "set COUNTERSIGN_PASSWORD or COUNTERSIGN_PASSWORD_FILE";
  throw new CliError("cli/not-signed-in", `there is no password for ${username}`, hint);
}

async function passwordIn({ env, workingDirectory }: World): Promise<string> {
  const file = env["COUNTERSIGN_PASSWORD_FILE"];
  if (!file) return env["COUNTERSIGN_PASSWORD"] ?? "";
  const text = await readNamedFile(resolve(workingDirectory, file), "the password file");
  return firstLine(text);
}

/** `anybody` signs in, and whoever is found then makes the calls. Signing in and out is left to `anybody`. */
export function temporarySession(
  anybody: Client,
  config: Config,
  who: () => Promise<NamedUser>,
): TemporarySession {
  let opened: Promise<Connection> | undefined;
  const open = async (): Promise<Connection> => {
    const { token } = await anybody("signIn", { body: { ...(await who()), transport: "bearer" } });
    return await connect(config, token);
  };
  const call = async (name: OperationName, ...rest: unknown[]): Promise<unknown> => {
    const isAnybodys = name === "signIn" || name === "signOut";
    const client = isAnybodys ? anybody : (await (opened ??= open())).client;
    return await (client as (name: OperationName, ...rest: unknown[]) => Promise<unknown>)(
      name,
      ...rest,
    );
  };
  return {
    client: call as Client,
    async close() {
      const connection = await opened?.catch(() => undefined); // told where it was asked for
      // It ends by itself when it cannot be ended now.
      await connection?.client("signOut").catch(() => undefined);
      connection?.close();
    },
  };
}
