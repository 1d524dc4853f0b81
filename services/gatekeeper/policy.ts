import type { AccountName } from "#domain/identity";
import type { Clock, Options } from "#domain/kernel";
import { GatekeeperError } from "./errors.ts";
import type { Directory, NewPolicy, PolicyStore, StoredPolicy, WhenLost } from "./ports.ts";

type Parts = {
  readonly policies: PolicyStore;
  readonly directory: Directory;
  readonly clock: Clock;
};

/**
 * Changes what the cluster asks of images, from the next request on.
 * Throws `gatekeeper/unknown-team`, `gatekeeper/webhook-invalid`, `gatekeeper/dry-run-first` and, when somebody else changed it meanwhile, `gatekeeper/policy-changed`.
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
    whenLost: checked(wanted.whenLost ?? before.whenLost, before),
    changedAt: parts.clock(),
    changedBy: by,
  };
  await parts.policies.put(after, o);
  return after;
}

/** Nothing is stopped by a setting that nobody has seen at work: what it would stop is told first. */
function checked(whenLost: WhenLost, before: StoredPolicy): WhenLost {
  const { action, webhook } = whenLost;
  const address = webhook === undefined ? undefined : URL.parse(webhook);
  if (address === null || (address !== undefined && !/^https?:$/.test(address.protocol)))
    throw new GatekeeperError(
      "gatekeeper/webhook-invalid",
      "a webhook is an http or https address",
    );
  if (action === "notify" && webhook === undefined)
    throw new GatekeeperError("gatekeeper/webhook-invalid", "nobody is named to be told");
  if (action === "stop" && !["would-stop", "stop"].includes(before.whenLost.action))
    throw new GatekeeperError("gatekeeper/dry-run-first", "it was not tried yet");
  return whenLost;
}

function distinct(required: NewPolicy["required"]): NewPolicy["required"] {
  return [...new Map(required.map((requirement) => [requirement.team, requirement])).values()];
}
