import type { Decision } from "#contracts";
import { Text } from "@mantine/core";
import type { ReactNode } from "react";
import { Link } from "react-router";
import { useNewestDecisions } from "../../data/queries.ts";
import { Card } from "../../ui/card.tsx";
import { ImageName } from "../../ui/image-name.tsx";
import { Loaded } from "../../ui/loaded.tsx";
import { counted } from "../../ui/sentences.ts";
import { Time, useNow } from "../../ui/time.tsx";
import { HoursChart } from "./hours-chart.tsx";
import styles from "./lists.module.css";

const dayMs = 86_400_000;

/** What was stopped: how much in the last day, why, and the newest five. */
export function Refusals(): ReactNode {
  const decisions = useNewestDecisions();
  return (
    <Card title="Refused" aside={<Link to="/decisions?effect=refuse">All refusals</Link>}>
      <Loaded of={decisions} what="refusals" rows={3}>
        {(value) => <Newest refusals={value.filter((d) => d.effect === "refuse")} />}
      </Loaded>
    </Card>
  );
}

function Newest({ refusals }: { refusals: readonly Decision[] }): ReactNode {
  const now = useNow();
  if (refusals.length === 0)
    return (
      <Text size="sm" c="dimmed">
        Nothing has been refused lately.
      </Text>
    );
  const lastDay = refusals.filter((decision) => decision.at > now - dayMs);
  return (
    <>
      {lastDay.length === 0 ? null : <HoursChart moments={lastDay.map((d) => d.at)} now={now} />}
      <Text size="sm">
        {counted(lastDay.length, "refusal")} in the last day
        {lastDay.length === 0 ? "" : `; mostly: ${commonest(lastDay)}`}
      </Text>
      <ul className={styles["rows"]}>
        {refusals.slice(0, 5).map((decision) => (
          <li key={decision.id}>
            <span>
              <ImageName image={decision.image} to={`/decisions/${decision.id}`} />
              <span className={styles["aside"]}> {decision.by}</span>
            </span>
            <span className={styles["aside"]}>
              <Time at={decision.at} />
            </span>
          </li>
        ))}
      </ul>
    </>
  );
}

const reasonWords = new Map([
  ["not-signed", "not signed"],
  ["team-missing", "a team is missing"],
  ["no-trust-data", "no trust data"],
  ["registry-not-trusted", "registry not trusted"],
  ["expired", "trust data expired"],
]);

function commonest(refusals: readonly Decision[]): string {
  const counts = new Map<string, number>();
  for (const decision of refusals)
    for (const reason of decision.verdict.reasons) {
      const name =
        reason.team === undefined
          ? (reasonWords.get(reason.kind) ?? reason.kind.replaceAll("-", " "))
          : `${reason.team} has not signed`;
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
  const sorted = [...counts].toSorted(([, a], [, b]) => b - a).slice(0, 2);
  return sorted.map(([name, count]) => `${name} (${count})`).join(", ");
}
