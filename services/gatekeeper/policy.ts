import type { AccountName } from "#domain/identity";
import type { Clock, Options } from "#domain/kernel";
import { GatekeeperError } from "./errors.ts";
import type { Directory, NewPolicy, PolicyStore, StoredPolicy } from "./ports.ts";

type Parts = {
  readonly policies: PolicyStore;
  readonly directory: Directory;
  readonly clock: Clock;
};

/**
 * Changes what the cluster asks of images, from the next request on.
 * Throws `gatekeeper/unknown-team` and, when somebody else changed it meanwhile, `gatekeeper/policy-changed`.
 */
export async function setPolicy(
  wanted: NewPolicy,
  by: AccountName,
  parts: Parts,
  o: Options,
): Promise<StoredPolicy> {
  const roster = await parts.directory.roster(o);
  const teams = new Set(roster.teams.map((team) => team.name));
  const before = await parts.policies.current(o);
  if (before.version !== wanted.ifVersion)
    throw new GatekeeperError(
      "gatekeeper/policy-changed",
      `the policy is at version ${before.version}`,
    );
  // A team that is required already may have been deleted since: keeping it must not block other changes.
  const kept = new Set(before.required.map(({ team }) => team));
  const unknown = wanted.required.find(({ team }) => !teams.has(team) && !kept.has(team));
  if (unknown !== undefined) throw new GatekeeperError("gatekeeper/unknown-team", unknown.team);
  const after: StoredPolicy = {
    version: before.version + 1,
    mode: wanted.mode,
    required: distinct(wanted.required),
    changedAt: parts.clock(),
    changedBy: by,
  };
  await parts.policies.put(after, o);
  return after;
}

function distinct(required: NewPolicy["required"]): NewPolicy["required"] {
  return [...new Map(required.map((requirement) => [requirement.team, requirement])).values()];
}
