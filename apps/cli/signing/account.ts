import { resolve } from "node:path";
import type { Client } from "#contracts";
import type { Credentials } from "#adapters/remotes";
import type { Options } from "#domain/kernel";
import { connect } from "../connect.ts";
import { CliError } from "../errors.ts";
import { readNamedFile } from "../named-file.ts";
import type { Session } from "../session.ts";
import { fromDocker } from "./from-docker.ts";

/**
 * Who signs at our own server: COUNTERSIGN_USER with its password, else whoever `countersign login` signed in,
 * else whom `docker login` did.
 */
export type Account = AsyncDisposable & {
  /** A client of the REST API, signed in where anybody is. */
  client(): Promise<Client>;
  /** Throws `cli/not-signed-in` where nobody is. */
  name(): Promise<string>;
  /** What the token endpoint takes. */
  credentials(): Promise<Credentials | undefined>;
};

export function openAccount(session: Session, o: Options): Account {
  const { config, world, credential } = session;
  const username = world.env["COUNTERSIGN_USER"] || undefined;
  let opened: Promise<{ client: Client; close: () => Promise<void> }> | undefined;
  const password = async (): Promise<string> => {
    const file = world.env["COUNTERSIGN_PASSWORD_FILE"];
    if (!file) return world.env["COUNTERSIGN_PASSWORD"] ?? "";
    const text = await readNamedFile(resolve(world.workingDirectory, file), "the password file");
    return text.split(/\r?\n/, 1)[0] ?? "";
  };
  const token = config.token ?? credential?.token;
  const find = async (): Promise<Credentials | undefined> => {
    if (username !== undefined) {
      const secret = await password();
      if (secret !== "") return { username, password: secret };
      const hint = "set COUNTERSIGN_PASSWORD or COUNTERSIGN_PASSWORD_FILE";
      throw new CliError("cli/not-signed-in", `there is no password for ${username}`, hint);
    }
    if (token !== undefined) return undefined;
    const known = await fromDocker(new URL(config.server).host, world, o);
    return known?.identityToken === undefined && known?.password !== "" ? known : undefined;
  };
  let found: Promise<Credentials | undefined> | undefined;
  /** Undefined for a session, and for nobody. */
  const given = (): Promise<Credentials | undefined> => (found ??= find());
  const open = async (): Promise<{ client: Client; close: () => Promise<void> }> => {
    const who = await given();
    if (who === undefined) return { client: session.client, close: () => Promise.resolve() };
    const { token } = await session.client("signIn", { body: { ...who, transport: "bearer" } });
    const connection = await connect(config, token);
    const close = async (): Promise<void> => {
      // It ends by itself when it cannot be ended now.
      await connection.client("signOut").catch(() => undefined);
      connection.close();
    };
    return { client: connection.client, close };
  };
  const client = async (): Promise<Client> => (await (opened ??= open())).client;
  let name: Promise<string> | undefined;
  const askName = async (): Promise<string> => {
    const who = await given();
    if (who !== undefined) return who.username;
    if (config.token === undefined && credential !== undefined) return credential.user;
    if (token === undefined)
      throw new CliError(
        "cli/not-signed-in",
        `nobody is signed in at ${config.server}`,
        "countersign login USER, or set COUNTERSIGN_USER and COUNTERSIGN_PASSWORD",
      );
    return (await session.client("session")).user.name;
  };
  return {
    client,
    name: () => (name ??= askName()),
    async credentials() {
      const who = await given();
      if (who !== undefined) return who;
      if (token === undefined) return undefined;
      return { username: await this.name(), password: `session:${token}` };
    },
    async [Symbol.asyncDispose]() {
      const was = await opened?.catch(() => undefined);
      await was?.close();
    },
  };
}
