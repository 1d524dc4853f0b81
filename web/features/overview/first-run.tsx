import type { Repository, Status, Team } from "#contracts";
import { Button, Text, VisuallyHidden } from "@mantine/core";
import { useLocalStorage } from "@mantine/hooks";
import { IconCircle, IconCircleCheckFilled } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { Link } from "react-router";
import { useRepositories, useTeams } from "../../data/queries.ts";
import { both, valueOf } from "../../data/remote.ts";
import { Card } from "../../ui/card.tsx";
import { Command } from "../../ui/command.tsx";
import styles from "./first-run.module.css";

type Step = { readonly title: string; readonly done: boolean; readonly how: ReactNode };

/** What a new installation needs, ticking itself off. Gone once all of it has happened, or when it is put away. */
export function FirstRun({ status }: { status: Status }): ReactNode {
  const known = valueOf(both(useTeams(), useRepositories()));
  const [hidden, setHidden] = useLocalStorage({
    key: "countersign-first-run-hidden",
    defaultValue: false,
    getInitialValueInEffect: false,
  });
  if (known === undefined || hidden) return null;
  const steps = stepsOf(status, ...known);
  const done = steps.filter((step) => step.done).length;
  if (done === steps.length) return null;
  const next = steps.find((step) => !step.done);
  return (
    <Card title="Getting started" aside={`${done} of ${steps.length} done`}>
      <ol className={styles["steps"]}>
        {steps.map((step) => (
          <li
            key={step.title}
            data-done={step.done}
            aria-current={step === next ? "step" : undefined}
          >
            {step.done ? (
              <IconCircleCheckFilled size={20} aria-hidden />
            ) : (
              <IconCircle size={20} aria-hidden />
            )}
            <div>
              <Text fw={step === next ? 650 : 500}>
                <VisuallyHidden>{step.done ? "Done: " : "To do: "}</VisuallyHidden>
                {step.title}
              </Text>
              {step.done ? null : <div className={styles["how"]}>{step.how}</div>}
            </div>
          </li>
        ))}
      </ol>
      <Button
        variant="subtle"
        size="compact-sm"
        style={{ alignSelf: "flex-start" }}
        onClick={() => setHidden(true)}
      >
        Hide these steps
      </Button>
    </Card>
  );
}

function stepsOf(
  status: Status,
  teams: readonly Team[],
  repositories: readonly Repository[],
): readonly Step[] {
  const name = repositories[0]?.name ?? "acme/web";
  return [
    { title: "Sign in", done: true, how: null },
    {
      title: "Make teams and give them members",
      done: teams.some((team) => team.members.length > 0),
      how: (
        <>
          A team stands for one kind of approval, such as <em>qa</em> or <em>security</em>. Start
          with <Link to="/people/users">people</Link> and an{" "}
          <Link to="/people/organizations">organization</Link>, then make the{" "}
          <Link to="/people/teams">teams</Link>.
        </>
      ),
    },
    {
      title: "Let the members make their keys",
      done: teams.some((team) => team.canSign.length > 0),
      how: (
        <>
          Each member signs in here and makes a client bundle on their own page: it holds the key
          they sign with. You can make one for them on their page under{" "}
          <Link to="/people/users">people</Link>.
        </>
      ),
    },
    {
      title: "Push an image",
      done: repositories.some((repository) => repository.tags > 0),
      how: <Command line={`docker push ${status.registryHost}/${name}:1`} />,
    },
    {
      title: "Turn on Run only signed images",
      done: status.policy.mode === "enforce",
      how: (
        <>
          In <Link to="/settings/content-trust">Settings, Content Trust</Link>. Before you save, it
          shows what runs now and could not be deployed again.
        </>
      ),
    },
  ];
}
