import { unreachable } from "#domain/kernel";
import type { Policy } from "#contracts";
import type { ReactNode } from "react";
import { Link } from "react-router";
import { useStatus } from "../data/queries.ts";
import { Mark, type Tone } from "../ui/mark.tsx";
import styles from "./enforcement-badge.module.css";

/** What is enforced right now, always in sight; leads to the setting. */
export function EnforcementBadge(): ReactNode {
  const status = useStatus();
  if (status.kind === "loading") return <span className={styles["badge"]} />;
  const [tone, text] =
    status.kind === "failed" ? (["warn", "State unknown"] as const) : stateOf(status.value.policy);
  return (
    <Link to="/settings/content-trust" className={styles["badge"]} title={text}>
      <Mark tone={tone} look="badge">
        {text}
      </Mark>
    </Link>
  );
}

function stateOf(policy: Policy): readonly [Tone, string] {
  switch (policy.mode) {
    case "enforce":
      return ["good", `Enforcing: ${shortNames(policy.requiredTeams)}`];
    case "warn":
      return ["warn", "Warning only"];
    case "off":
      return ["none", "Off"];
    default:
      return unreachable(policy.mode);
  }
}

/** `qa + security`; in full where two teams of different organizations share a name, a number where there are many. */
function shortNames(teams: readonly string[]): string {
  if (teams.length === 0) return "any signature";
  const short = teams.map((team) => team.slice(team.indexOf("/") + 1));
  const names = new Set(short).size === teams.length ? short : teams;
  const shown = names.slice(0, 3).join(" + ");
  return names.length > 3 ? `${shown} + ${names.length - 3} more` : shown;
}
