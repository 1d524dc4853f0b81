import { Fragment, type ReactNode } from "react";
import { Link } from "react-router";

/** The page of a person. */
export function userPath(user: string): string {
  return `/people/users/${encodeURIComponent(user)}`;
}

/** The page of a team; its name is `organization/team`. */
export function teamPath(team: string): string {
  return `/people/teams/${team}`;
}

export function TeamLink({ team }: { team: string }): ReactNode {
  return <Link to={teamPath(team)}>{team}</Link>;
}

type Names = { readonly names: readonly string[]; readonly none?: string };

/** People, each a link to their page: `alice, bob`. */
export function People({ names, none = "nobody" }: Names): ReactNode {
  if (names.length === 0) return none;
  return names.map((name, index) => (
    <Fragment key={name}>
      {index > 0 ? ", " : ""}
      <Link to={userPath(name)}>{name}</Link>
    </Fragment>
  ));
}
