import type { Reason, Verdict } from "#contracts";
import type { ReactNode } from "react";
import { People, TeamLink } from "./account-links.tsx";
import { DataTable } from "./data-table.tsx";
import { Mark } from "./mark.tsx";
import { isMissing } from "./team-state.ts";
import styles from "./verdict.module.css";

type MarkProps = { readonly verdict: Verdict; readonly look?: "badge" | "text" | "large" };

/** Whether the image would run, in the same words everywhere. */
export function VerdictMark({ verdict, look = "text" }: MarkProps): ReactNode {
  return verdict.kind === "admit" ? (
    <Mark tone="good" look={look}>
      would run
    </Mark>
  ) : (
    <Mark tone="bad" look={look}>
      would be refused
    </Mark>
  );
}

/** The required teams, who of each signed, and who still could. */
export function RequiredTeams({ verdict }: { verdict: Verdict }): ReactNode {
  const rolesOf = (accounts: readonly string[]): string =>
    [
      ...new Set(
        verdict.countersigners.filter((c) => accounts.includes(c.account)).map((c) => c.role),
      ),
    ].join(", ");
  if (verdict.teams.length === 0)
    return (
      <p className={styles["none"]}>
        No team is required: one signature by any active account is enough.
      </p>
    );
  return (
    <DataTable
      label="Required teams"
      rows={verdict.teams}
      rowKey={(state) => state.team}
      columns={[
        { key: "team", header: "Team", cell: (state) => <TeamLink team={state.team} /> },
        {
          key: "signed",
          header: "Signed by",
          cell: (state) =>
            state.signedBy.length === 0 ? (
              <Mark tone="none">nobody yet</Mark>
            ) : isMissing(verdict, state) ? (
              <Mark tone="none">
                <People names={state.signedBy} />, but not enough people
              </Mark>
            ) : (
              <Mark tone="good">
                <People names={state.signedBy} />
              </Mark>
            ),
        },
        { key: "role", header: "In role", cell: (state) => <code>{rolesOf(state.signedBy)}</code> },
        {
          key: "could",
          header: "Could sign",
          cell: (state) => (
            <People
              names={state.couldSign}
              none={state.signedBy.length > 0 ? "–" : "nobody: no member has a key"}
            />
          ),
        },
      ]}
    />
  );
}

/** Why it is refused, with what would make it pass: once for neighbours with the same remedy. */
export function Reasons({ reasons }: { reasons: readonly Reason[] }): ReactNode {
  return (
    <ul className={styles["reasons"]}>
      {reasons.map(({ kind, text, next }, index) => (
        <li key={`${kind} ${text}`}>
          <Mark tone="bad">{text}</Mark>
          {next === undefined || next === reasons[index + 1]?.next ? null : <p>{next}</p>}
        </li>
      ))}
    </ul>
  );
}
