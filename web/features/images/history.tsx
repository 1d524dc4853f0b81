import type { Decision, ImagePage } from "#contracts";
import { Text } from "@mantine/core";
import type { ReactNode } from "react";
import { Link } from "react-router";
import { People } from "../../ui/account-links.tsx";
import { Card } from "../../ui/card.tsx";
import { Digest } from "../../ui/digest.tsx";
import { effects } from "../../ui/effects.ts";
import { Mark } from "../../ui/mark.tsx";
import { Time } from "../../ui/time.tsx";
import styles from "./history.module.css";

/** What happened to the tag, newest first. */
export function History({ history }: { history: ImagePage["history"] }): ReactNode {
  return (
    <Card title="History">
      {history.length === 0 ? (
        <Text size="sm" c="dimmed">
          Nothing is recorded for this tag yet.
        </Text>
      ) : (
        <ol className={styles["events"]}>
          {history.map((event) => (
            <li key={`${event.at} ${event.what} ${event.digest ?? ""}`}>
              <span>
                {event.what}
                {event.by === undefined ? null : (
                  <>
                    {" "}
                    by <People names={[event.by]} />
                  </>
                )}
              </span>
              <span className={styles["when"]}>
                <Time at={event.at} />
              </span>
              {event.digest === undefined ? null : (
                <span className={styles["digest"]}>
                  <Digest value={event.digest} />
                </span>
              )}
            </li>
          ))}
        </ol>
      )}
    </Card>
  );
}

/** The last times a gate was asked about the tag. */
export function LatestDecisions({ decisions }: { decisions: readonly Decision[] }): ReactNode {
  return (
    <Card title="Latest decisions" aside={<Link to="/decisions">All decisions</Link>}>
      {decisions.length === 0 ? (
        <Text size="sm" c="dimmed">
          No gate has been asked for this image yet.
        </Text>
      ) : (
        <ol className={styles["events"]}>
          {decisions.map((decision) => (
            <li key={decision.id}>
              <Link to={`/decisions/${decision.id}`}>
                {decision.operation} by {decision.by}
              </Link>
              <span className={styles["when"]}>
                <Time at={decision.at} />
              </span>
              <span className={styles["digest"]}>
                <Mark tone={effects[decision.effect].tone}>{effects[decision.effect].word}</Mark>
              </span>
            </li>
          ))}
        </ol>
      )}
    </Card>
  );
}
