/** Who we are to a server. */
export type Credentials = {
  readonly username: string;
  readonly password: string;
  /** What a token server gave in place of a password, to be exchanged for tokens (OAuth 2.0 refresh token). */
  readonly identityToken?: string;
};

/** Where credentials come from: a file, a program, a question. */
export type AskCredentials = () => Promise<Credentials | undefined>;

/** What stands in an `Authorization` header for a name and password; undefined where there is no password. */
export function basicHeader(credentials: Credentials | undefined): string | undefined {
  if (credentials === undefined || credentials.identityToken !== undefined) return undefined;
  const { username, password } = credentials;
  return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
}
