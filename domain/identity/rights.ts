import type { AccountName } from "./names.ts";

/** What a team, or an owner, may do with the repositories of a namespace. Each includes those before it. */
export type RepositoryRight = "read" | "write" | "admin";
export type RightOnRepository = "none" | RepositoryRight;
/** What a token lets its holder do; the words are those of Docker token authentication. */
export type RepositoryAction = "pull" | "push" | "delete" | "*";

/** Somebody who wants to reach a repository. Without `account`: somebody who did not say who they are. */
export type Subject = {
  readonly account?: AccountName;
  readonly isAdmin: boolean;
  /** For each organization the rights that the account's teams there give, in any order. */
  readonly teamRights: ReadonlyMap<string, readonly RepositoryRight[]>;
};

/** As much of a repository as decides who may do what: `acme` of `acme/web`, and whether everybody may pull. */
export type RepositoryPlace = { readonly namespace: string; readonly isPublic: boolean };

const ranks: readonly RightOnRepository[] = ["none", "read", "write", "admin"];
const nothing: ReadonlySet<RepositoryAction> = new Set();
const actions: Readonly<Record<RightOnRepository, ReadonlySet<RepositoryAction>>> = {
  none: nothing,
  read: new Set(["pull"]),
  write: new Set(["pull", "push"]),
  admin: new Set(["pull", "push", "delete", "*"]),
};

/**
 * The highest right of `subject` on a repository: a system admin and the namespace's own user are admins,
 * a team member has what the teams of that organization give, and a public repository is read by everybody.
 */
export function rightOn(subject: Subject, repository: RepositoryPlace): RightOnRepository {
  if (subject.isAdmin || subject.account === repository.namespace) return "admin";
  const given: readonly RightOnRepository[] = subject.teamRights.get(repository.namespace) ?? [];
  return given.reduce(higherRight, repository.isPublic ? "read" : "none");
}

/** The higher one of two rights. */
export function higherRight(one: RightOnRepository, other: RightOnRepository): RightOnRepository {
  return ranks.indexOf(one) >= ranks.indexOf(other) ? one : other;
}

/** The actions that a right covers. */
export function actionsOf(right: RightOnRepository): ReadonlySet<RepositoryAction> {
  return actions[right];
}
