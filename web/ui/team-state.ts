import type { Verdict } from "#contracts";

type State = Verdict["teams"][number];

/** The required teams that still have to sign: none of them did, or fewer people than the rule asks for. */
export function missingTeams(verdict: Verdict): readonly State[] {
  return verdict.teams.filter((state) => isMissing(verdict, state));
}

/** Whether `state`'s team still has to sign. */
export function isMissing(verdict: Verdict, state: State): boolean {
  return state.signedBy.length === 0 || verdict.reasons.some((r) => r.team === state.team);
}
