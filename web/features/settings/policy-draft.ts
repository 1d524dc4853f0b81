import type { Policy, WhenLost } from "#contracts";

/** What is typed on the page, before it is saved. */
export type Draft = {
  readonly mode: Policy["mode"];
  readonly requiredTeams: readonly string[];
  /** How many people of a team have to sign, where it is more than one. */
  readonly minimums: ReadonlyMap<string, number>;
  readonly action: WhenLost["action"];
  readonly webhook: string;
};

type Rule = {
  readonly mode: Policy["mode"];
  requiredTeams: string[];
  minimums: { team: string; people: number }[];
  whenLost: WhenLost;
};

export function draftOf({ mode, requiredTeams, minimums = [], whenLost }: Policy): Draft {
  return {
    mode,
    requiredTeams,
    minimums: new Map(minimums.map(({ team, people }) => [team, people])),
    action: whenLost?.action ?? "report",
    webhook: whenLost?.webhook ?? "",
  };
}

/** The body to send: minimums only of teams that are still required. */
export function ruleOf({ mode, requiredTeams, minimums, action, webhook }: Draft): Rule {
  const kept = requiredTeams.flatMap((team) => {
    const people = minimums.get(team) ?? 1;
    return people > 1 ? [{ team, people }] : [];
  });
  const whenLost = { action, ...(webhook.trim() === "" ? {} : { webhook: webhook.trim() }) };
  return { mode, requiredTeams: [...requiredTeams], minimums: kept, whenLost };
}

/** The same for the same rule, in whatever order its teams were chosen. */
export function ruleKey(draft: Draft): string {
  const { mode, requiredTeams, minimums, whenLost } = ruleOf(draft);
  const people = minimums.map((minimum) => `${minimum.team}:${minimum.people}`);
  const lost = [whenLost.action, whenLost.webhook ?? ""];
  return JSON.stringify([mode, requiredTeams.toSorted(), people.toSorted(), lost]);
}

export function withMinimum(draft: Draft, team: string, people: number): Draft {
  return { ...draft, minimums: new Map([...draft.minimums, [team, people]]) };
}
