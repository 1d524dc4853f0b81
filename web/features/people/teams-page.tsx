import type { Team } from "#contracts";
import { Button } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import type { ReactNode } from "react";
import { useTeams } from "../../data/queries.ts";
import { useMe } from "../../data/session.tsx";
import { People, TeamLink } from "../../ui/account-links.tsx";
import { DataTable } from "../../ui/data-table.tsx";
import { Empty } from "../../ui/empty.tsx";
import { Loaded } from "../../ui/loaded.tsx";
import { Mark } from "../../ui/mark.tsx";
import { Page } from "../../ui/page.tsx";
import { TeamDialog } from "./team-dialog.tsx";

export function TeamsPage(): ReactNode {
  const me = useMe();
  const teams = useTeams();
  const [opened, dialog] = useDisclosure(false);
  return (
    <Page
      title="Teams"
      actions={me.isAdmin ? <Button onClick={dialog.open}>New team</Button> : undefined}
    >
      <Loaded of={teams} what="teams" rows={5}>
        {(value) =>
          value.length === 0 ? (
            <Empty title="There are no teams yet">
              A team stands for one kind of approval. Make one, such as <em>qa</em>, and give it
              members; then its signature can be required.
            </Empty>
          ) : (
            <TeamTable teams={value} />
          )
        }
      </Loaded>
      <TeamDialog opened={opened} onClose={dialog.close} />
    </Page>
  );
}

function TeamTable({ teams }: { teams: readonly Team[] }): ReactNode {
  return (
    <DataTable
      label="Teams"
      rows={teams}
      rowKey={(team) => team.name}
      columns={[
        { key: "name", header: "Team", cell: (team) => <TeamLink team={team.name} /> },
        { key: "description", header: "Description", cell: (team) => team.description },
        { key: "members", header: "Members", cell: (team) => <People names={team.members} /> },
        {
          key: "sign",
          header: "Could sign",
          cell: (team) =>
            team.canSign.length === 0 ? (
              <Mark tone="warn">nobody: no active member has a key</Mark>
            ) : (
              <People names={team.canSign} />
            ),
        },
        { key: "right", header: "Repositories", cell: (team) => team.right },
      ]}
    />
  );
}
