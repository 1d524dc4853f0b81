import {
  AccountName,
  type Decision,
  type Policy,
  type Reason,
  type Team,
  type User,
  type Verdict,
  type Workload,
} from "#contracts";
import {
  registryHost,
  type FixtureImage,
  type FixtureWorkload,
  type World,
} from "./fixture-data.ts";

/** Whoever of the team is active and has a key in use. */
export function teamsOf(world: World): Team[] {
  return [...world.teams.values()].map((team) => ({
    ...team,
    canSign: team.members.filter((name) => canSign(world, name)),
  }));
}

export function usersOf(world: World): User[] {
  return [...world.users.values()].map((user) => ({
    ...user,
    teams: [...world.teams.values()]
      .filter((team) => team.members.includes(user.name))
      .map((team) => team.name),
  }));
}

function canSign(world: World, name: string): boolean {
  const hasKey = world.keys.get(name)?.some((key) => key.revokedAt === undefined) ?? false;
  return hasKey && (world.users.get(name)?.isActive ?? false);
}

/** A verdict in the words and shapes of the real one. */
export function judge(
  world: World,
  image: FixtureImage | undefined,
  name: string,
  policy: Pick<Policy, "requiredTeams" | "minimums"> = world.policy,
): Verdict {
  const signers = (image?.signedBy ?? []).filter((signer) => canSign(world, signer));
  const teams = policy.requiredTeams.map((team) => {
    const known = teamsOf(world).find((candidate) => candidate.name === team);
    return {
      team,
      signedBy: (known?.members ?? []).filter((member) => signers.includes(member)),
      couldSign: (known?.canSign ?? []).filter((member) => !signers.includes(member)),
    };
  });
  const needed = (team: string): number =>
    policy.minimums?.find((minimum) => minimum.team === team)?.people ?? 1;
  const missing = teams.filter((state) => state.signedBy.length < needed(state.team));
  const reasons: Reason[] =
    signers.length === 0
      ? [
          {
            kind: "not-signed",
            text: `${name} is not signed${missing.length === 0 ? "" : `; it needs ${missing.map((m) => m.team).join(" and ")}`}`,
            next: `sign it: docker trust sign ${name}`,
          },
        ]
      : missing.map((state) => ({
          kind: "team-missing",
          text: `${name} is not signed by team ${state.team}`,
          next: `a member of ${state.team} runs: docker trust sign ${name}`,
          team: state.team,
          couldSign: state.couldSign,
        }));
  const digest = image?.movedFrom ?? image?.digest;
  return {
    kind: reasons.length === 0 ? "admit" : "deny",
    image: name,
    ...(digest === undefined || signers.length === 0 ? {} : { digest }),
    countersigners: signers.map((account) => ({
      account: AccountName.parse(account),
      role: `targets/${account}`,
    })),
    teams,
    reasons,
    message:
      reasons.length === 0
        ? ""
        : `refused: ${reasons.map((reason) => reason.text).join("; ")}\nhint: ${reasons[0]?.next ?? ""}\nsee https://${registryHost}/images/${image?.repository ?? "unknown"}/tags/${image?.tag ?? ""}`,
  };
}

export function findImage(world: World, name: string): FixtureImage | undefined {
  return world.images.find((image) => referenceOf(image) === name);
}

export function referenceOf(image: Pick<FixtureImage, "repository" | "tag">): string {
  return `${registryHost}/${image.repository}:${image.tag}`;
}

export function workloadOf(
  world: World,
  workload: FixtureWorkload,
  policy: Pick<Policy, "mode" | "requiredTeams" | "minimums"> = world.policy,
): Workload {
  const name = referenceOf(workload);
  const { repository: _, tag: __, ...rest } = workload;
  return {
    ...rest,
    image: name,
    state: "running",
    verdict: judge(world, findImage(world, name), name, policy),
  };
}

let decided = 0;

/** Judges and records, as a gate does. */
export function decide(world: World, name: string, by: string, at = Date.now()): Decision {
  const image = findImage(world, name);
  const verdict = judge(world, image, name);
  decided += 1;
  const decision: Decision = {
    id: `d${decided}`,
    at,
    by: AccountName.parse(by),
    gate: "docker-api",
    operation: "container create",
    image: name,
    mode: world.policy.mode,
    effect:
      world.policy.mode === "off"
        ? "as-written"
        : verdict.kind === "admit"
          ? "run"
          : world.policy.mode === "warn"
            ? "as-written"
            : "refuse",
    verdict,
    evidence: {
      state: image === undefined || image.signedBy.length === 0 ? "absent" : "verified",
      policyVersion: world.policy.version,
      ...(image === undefined || image.signedBy.length === 0
        ? {}
        : { rootVersion: 1, snapshotVersion: 31, timestampVersion: 44, freshUntil: at + 6e8 }),
      roles: (image?.signedBy ?? []).map((account, index) => ({
        name: `targets/${account}`,
        version: 4 + index,
        state: "valid",
        digest: image?.movedFrom ?? image?.digest,
        keys: (world.keys.get(account) ?? []).map((key) => ({
          fingerprint: key.fingerprint,
          account: AccountName.parse(account),
        })),
      })),
    },
  };
  world.decisions.unshift(decision);
  return decision;
}
