import type { Policy } from "#contracts";

/** What is typed on the page, before it is saved. */
export type Draft = {
  readonly mode: Policy["mode"];
  readonly requiredTeams: readonly string[];
  /** How many people of a team have to sign, where it is more than one. */
  readonly minimums: ReadonlyMap<string, number>;
};

type Rule = {
  readonly mode: Policy["mode"];
  requiredTeams: string[];
  minimums: { team: string; people: number }[];
};

export function draftOf({ mode, requiredTeams, minimums = [] }: Policy): Draft {
  return {
    mode,
    requiredTeams,
    minimums: new Map(minimums.map(({ team, people }) => [team, people])),
  };
}

/** The body to send: minimums only of teams that are still required. */
export function ruleOf({ mode, requiredTeams, minimums }: Draft): Rule {
  const kept = requiredTeams.flatMap((team) => {
    const people = minimums.get(team) ?? 1;
    return people > 1 ? [{ team, people }] : [];
  });
  return { mode, requiredTeams: [...requiredTeams], minimums: kept };
}

/** The same for the same rule, in whatever order its teams were chosen. */
export function ruleKey(draft: Draft): string {
  const { mode, requiredTeams, minimums } = ruleOf(draft);
  const people = minimums.map((minimum) => `${minimum.team}:${minimum.people}`);
  return JSON.stringify([mode, requiredTeams.toSorted(), people.toSorted()]);
}

export function withMinimum(draft: Draft, team: string, people: number): Draft {
  return { ...draft, minimums: new Map([...draft.minimums, [team, people]]) };
}
