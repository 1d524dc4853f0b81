import type { Workload } from "#contracts";
import type { ReactNode } from "react";
import { VerdictMark } from "./verdict.tsx";
import styles from "./workload-verdict.module.css";

/** Whether a running workload could be deployed again, and what it misses. */
export function WorkloadVerdict({ workload }: { workload: Workload }): ReactNode {
  return (
    <>
      <VerdictMark verdict={workload.verdict} />
      {workload.verdict.reasons.length === 0 ? null : (
        <ul className={styles["missing"]}>
          {workload.verdict.reasons.map((reason) => (
            <li key={`${reason.kind} ${reason.text}`}>{reason.text}</li>
          ))}
        </ul>
      )}
    </>
  );
}
