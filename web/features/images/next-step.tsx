import type { ImagePage } from "#contracts";
import { Text } from "@mantine/core";
import type { ReactNode } from "react";
import { Card } from "../../ui/card.tsx";
import { Command } from "../../ui/command.tsx";
import { listed } from "../../ui/sentences.ts";
import { missingTeams } from "../../ui/team-state.ts";

/** Who could sign what is missing, and with which command. Nothing where nothing is missing. */
export function NextStep({ page }: { page: ImagePage }): ReactNode {
  const { verdict } = page.summary;
  if (verdict.kind === "admit") return null;
  const missing = missingTeams(verdict);
  const signable = missing.filter((state) => state.couldSign.length > 0);
  const stuck = missing.filter((state) => state.couldSign.length === 0);
  const anyone = verdict.teams.length === 0;
  return (
    <Card title="Next step">
      {signable.map((state) => (
        <Text key={state.team} size="sm">
          For {state.team}: <strong>{listed(state.couldSign, "or")}</strong> signs with the command
          below.
        </Text>
      ))}
      {stuck.map((state) => (
        <Text key={state.team} size="sm">
          For {state.team} nobody can sign yet: an admin adds a member to the team, and that member
          makes a client bundle.
        </Text>
      ))}
      {anyone ? (
        <Text size="sm">Anyone with an active account and a key signs with the command below.</Text>
      ) : null}
      {signable.length > 0 || anyone ? (
        <Command line={`docker trust sign ${page.reference}`} />
      ) : null}
    </Card>
  );
}
