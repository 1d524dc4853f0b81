import { unreachable } from "#domain/kernel";
import type { Status } from "#contracts";
import { Text } from "@mantine/core";
import { Fragment, type ReactNode } from "react";
import { Link } from "react-router";
import { People, TeamLink } from "../../ui/account-links.tsx";
import { Card } from "../../ui/card.tsx";
import { Facts } from "../../ui/facts.tsx";
import { Mark } from "../../ui/mark.tsx";
import { Time } from "../../ui/time.tsx";

/** What is enforced and since when, and whether the gate and its engine answer. */
export function EnforcementCard({ status }: { status: Status }): ReactNode {
  const { policy } = status;
  return (
    <Card title="Protection" aside={<Link to="/settings/content-trust">Content Trust</Link>}>
      <div>
        <Protection policy={policy} />
      </div>
      <Facts
        facts={[
          ["Signature from", <Required key="teams" policy={policy} />],
          [
            policy.version === 0 ? "Set" : "Since",
            policy.version === 0 ? (
              "never changed since the installation"
            ) : (
              <>
                <Time at={policy.changedAt} />
                {policy.changedBy === undefined ? null : (
                  <>
                    , by <People names={[policy.changedBy]} />
                  </>
                )}
              </>
            ),
          ],
          ["Docker gateway", <code key="gateway">{status.gateway}</code>],
          ["Engine behind it", <Engine key="engine" engine={status.engine} />],
        ]}
      />
    </Card>
  );
}

function Protection({ policy }: Pick<Status, "policy">): ReactNode {
  switch (policy.mode) {
    case "enforce":
      return (
        <Mark tone="good" look="large">
          Only signed images run
        </Mark>
      );
    case "warn":
      return (
        <Mark tone="warn" look="large">
          Warning only: everything runs
        </Mark>
      );
    case "off":
      return (
        <Mark tone="warn" look="large">
          Off: everything runs
        </Mark>
      );
    default:
      return unreachable(policy.mode);
  }
}

function Required({ policy }: Pick<Status, "policy">): ReactNode {
  if (policy.requiredTeams.length === 0) return "any active account";
  return policy.requiredTeams.map((team, index) => (
    <Fragment key={team}>
      {index > 0 ? " and " : ""}
      <TeamLink team={team} />
      {peopleOf(policy, team)}
    </Fragment>
  ));
}

function peopleOf({ minimums = [] }: Status["policy"], team: string): string {
  const people = minimums.find((minimum) => minimum.team === team)?.people ?? 1;
  return people > 1 ? ` (${people} people)` : "";
}

function Engine({ engine }: Pick<Status, "engine">): ReactNode {
  switch (engine.state) {
    case "ready":
      return (
        <Mark tone="good">
          answers{engine.version === undefined ? "" : `, version ${engine.version}`}
        </Mark>
      );
    case "unreachable":
      return (
        <>
          <Mark tone="bad">does not answer: nothing can be deployed</Mark>
          {engine.detail === undefined ? null : <Text size="sm">{engine.detail}</Text>}
        </>
      );
    case "none":
      return <Mark tone="none">none connected</Mark>;
    default:
      return unreachable(engine.state);
  }
}
