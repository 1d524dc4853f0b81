import type { AccountName } from "#domain/identity";
import type { People } from "./evidence.ts";
import type { Policy } from "./policy.ts";
import type { Reason } from "./reason.ts";
import type { Countersigner, TeamState } from "./verdict.ts";

/** For each required team: which of its active members have countersigned, and who else could. */
export function teamStates(
  policy: Policy,
  people: People,
  countersigners: readonly Countersigner[],
): readonly TeamState[] {
  const signed = new Set(countersigners.map((signer) => signer.account));
  const withKey = accountsWithKey(people);
  return policy.required.map(({ team, people: needed }) => {
    const members = people.teams.get(team) ?? [];
    return {
      team,
      needed,
      signedBy: [...new Set(members)].filter((member) => signed.has(member)),
      couldSign: [...new Set(members)].filter(
        (member) => !signed.has(member) && withKey.has(member),
      ),
    };
  });
}

/** What each team that is not satisfied lacks. */
export function teamReasons(states: readonly TeamState[], people: People): readonly Reason[] {
  return states.flatMap((state): readonly Reason[] => {
    const members = people.teams.get(state.team);
    if (members === undefined) return [{ kind: "team-deleted", team: state.team }];
    if (members.length === 0) return [{ kind: "team-empty", team: state.team }];
    if (state.signedBy.length >= state.needed) return [];
    return [{ kind: "team-missing", ...state }];
  });
}

/** Required teams that nobody can satisfy as things are, each with a sentence: to be said before saving. */
export function unsatisfiable(
  policy: Policy,
  people: People,
): readonly { readonly team: TeamState["team"]; readonly text: string }[] {
  const withKey = accountsWithKey(people);
  return policy.required.flatMap(({ team, people: needed }) => {
    const members = people.teams.get(team);
    if (members === undefined)
      return [{ team, text: `${team} does not exist, so nothing could run` }];
    if (members.length === 0)
      return [{ team, text: `${team} has no active member, so nothing could run` }];
    const able = members.filter((member) => withKey.has(member)).length;
    if (able === 0) return [{ team, text: `nobody in ${team} has a key to sign with yet` }];
    if (able < needed)
      return [
        {
          team,
          text: `${team} must give ${needed} signatures, but only ${able} of its members has a key`,
        },
      ];
    return [];
  });
}

function accountsWithKey(people: People): ReadonlySet<AccountName> {
  return new Set(
    [...people.owners.values()]
      .filter((owner) => owner.standing === "active")
      .map((owner) => owner.account),
  );
}
