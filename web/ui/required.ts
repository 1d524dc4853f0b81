import type { Policy } from "#contracts";
import { listed } from "./sentences.ts";

/** Whose signatures the rule asks for: `acme/qa and acme/security (2 people)`. */
export function requiredInWords({ requiredTeams, minimums = [] }: Policy): string {
  if (requiredTeams.length === 0) return "any active account";
  const people = new Map(minimums.map((minimum) => [minimum.team, minimum.people]));
  const named = requiredTeams.map((team) => {
    const count = people.get(team) ?? 1;
    return count > 1 ? `${team} (${count} people)` : team;
  });
  return listed(named, "and");
}
