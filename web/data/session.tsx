import type { Session, User } from "#contracts";
import { createContext, use, type ReactNode } from "react";
import { api } from "./client.ts";
import { useRemote, type Remote } from "./remote.ts";

const Current = createContext<User | undefined>(undefined);

export const useSession = (): Remote<Session> =>
  useRemote(["session"], (o) => api("session", {}, o));

export function SignedIn({ user, children }: { user: User; children: ReactNode }): ReactNode {
  return <Current value={user}>{children}</Current>;
}

/** Who is signed in. Only below `SignedIn`. */
export function useMe(): User {
  const user = use(Current);
  if (user === undefined) throw new TypeError("nobody is signed in here");
  return user;
}
