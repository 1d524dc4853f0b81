import type { User } from "#domain/identity";
import type { Options } from "#domain/kernel";
import type { AccountsService, SignedIn, UserView } from "#services/accounts";
import { operation, type Operation } from "./operation.ts";
import { clearSessionCookie, setSessionCookie } from "./session-cookie.ts";

/** The browser forgets the cookie with the session's longest life; the server may end it sooner. */
const cookieSeconds = 7 * 24 * 3_600;

/** Signing in and out. */
export function sessionOperations(accounts: AccountsService): readonly Operation[] {
  const present = async (
    { user, expiresAt }: SignedIn,
    o: Options,
  ): Promise<{ readonly user: UserView; readonly expiresAt: number }> => ({
    user: await viewOf(user, o),
    expiresAt,
  });
  const viewOf = (user: User, o: Options): Promise<UserView> => accounts.user(user.name, o);

  return [
    operation("signIn", "anyone", async ({ body, header, signal }) => {
      const { transport, ...credentials } = body;
      const { token, ...session } = await accounts.signIn(credentials, { signal });
      const shown = await present(session, { signal });
      if (transport === "bearer") return { ...shown, token };
      header("set-cookie", setSessionCookie(token, cookieSeconds));
      return shown;
    }),
    operation("session", "signed-in", ({ caller, signal }) => present(caller, { signal })),
    operation("signOut", "anyone", async ({ caller, header, signal }) => {
      if (caller !== undefined) await accounts.signOut(caller.token, { signal });
      header("set-cookie", clearSessionCookie());
      return undefined;
    }),
  ];
}
