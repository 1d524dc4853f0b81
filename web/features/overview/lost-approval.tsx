import type { Workloads } from "#contracts";
import { Text } from "@mantine/core";
import type { ReactNode } from "react";
import { Link } from "react-router";
import { useWorkloads } from "../../data/queries.ts";
import { Card } from "../../ui/card.tsx";
import { Loaded } from "../../ui/loaded.tsx";
import { Mark } from "../../ui/mark.tsx";
import { counted } from "../../ui/sentences.ts";
import styles from "./lists.module.css";

/** Workloads that run and could not be deployed again. */
export function LostApproval(): ReactNode {
  const workloads = useWorkloads();
  return (
    <Card title="Running" aside={<Link to="/workloads">All workloads</Link>}>
      <Loaded of={workloads} what="workloads" rows={3}>
        {(value) => <Summary of={value} />}
      </Loaded>
    </Card>
  );
}

function Summary({ of }: { of: Workloads }): ReactNode {
  if (!of.engine)
    return (
      <Text size="sm" c="dimmed">
        No engine answers, so nothing is known about what runs.
      </Text>
    );
  if (of.workloads.length === 0)
    return (
      <Text size="sm" c="dimmed">
        Nothing runs on this engine.
      </Text>
    );
  const lost = of.workloads.filter((workload) => workload.verdict.kind === "deny");
  if (lost.length === 0)
    return (
      <div>
        <Mark tone="good">
          {counted(of.workloads.length, "workload")}, and all could be deployed again
        </Mark>
      </div>
    );
  return (
    <>
      <div>
        <Mark tone="warn">
          {lost.length} of {counted(of.workloads.length, "workload")} lost{" "}
          {lost.length === 1 ? "its" : "their"} approval
        </Mark>
      </div>
      <ul className={styles["rows"]}>
        {lost.slice(0, 5).map((workload) => (
          <li key={workload.id}>
            <span>{workload.name}</span>
            <span className={styles["aside"]}>{workload.verdict.reasons[0]?.text}</span>
          </li>
        ))}
      </ul>
      <Link to="/workloads?filter=lost">Show what lost its approval</Link>
    </>
  );
}
