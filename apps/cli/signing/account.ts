import type { Client } from "#contracts";
import type { Credentials } from "#adapters/remotes";
import type { Options } from "#domain/kernel";
import { CliError } from "../errors.ts";
import type { Session } from "../session.ts";
import {
  environmentCredentials,
  environmentUser,
  temporarySession,
  type TemporarySession,
} from "../temporary-session.ts";
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
  const token = config.token ?? credential?.token;
  const isNamed = environmentUser(world) !== undefined;
  const find = async (): Promise<Credentials | undefined> => {
    if (isNamed) return await environmentCredentials(world);
    if (token !== undefined) return undefined;
    const known = await fromDocker(new URL(config.server).host, world, o);
    return known?.identityToken === undefined && known?.password !== "" ? known : undefined;
  };
  let found: Promise<Credentials | undefined> | undefined;
  /** Undefined for a session, and for nobody. */
  const given = (): Promise<Credentials | undefined> => (found ??= find());
  let temporary: TemporarySession | undefined;
  const client = async (): Promise<Client> => {
    const who = isNamed ? undefined : await given(); // the command's own client is the named user's
    if (who === undefined) return session.client;
    temporary ??= temporarySession(session.client, config, () => Promise.resolve(who));
    return temporary.client;
  };
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
      await temporary?.close();
    },
  };
}
