import type { Team, User } from "#contracts";
import { Button, Group, Select, Stack, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useState, type ReactNode } from "react";
import { Link, useNavigate, useParams } from "react-router";
import { useAction } from "../../data/action.ts";
import { api } from "../../data/client.ts";
import { usePolicy, useTeams, useUsers } from "../../data/queries.ts";
import { valueOf } from "../../data/remote.ts";
import { useMe } from "../../data/session.tsx";
import { userPath } from "../../ui/account-links.tsx";
import { Card } from "../../ui/card.tsx";
import { Confirm } from "../../ui/confirm.tsx";
import { DataTable } from "../../ui/data-table.tsx";
import { Empty } from "../../ui/empty.tsx";
import { Facts } from "../../ui/facts.tsx";
import { Loaded } from "../../ui/loaded.tsx";
import { Mark } from "../../ui/mark.tsx";
import { Page } from "../../ui/page.tsx";
import { Problem } from "../../ui/problem.tsx";
import { Dependents } from "./dependents.tsx";

/** A team and its members. */
export function TeamPage(): ReactNode {
  const { organization = "", team: short = "" } = useParams();
  const name = `${organization}/${short}`;
  const me = useMe();
  const teams = useTeams();
  const team = valueOf(teams)?.find((candidate) => candidate.name === name);
  return (
    <Page
      title={name}
      crumbs={[{ to: "/people/teams", label: "Teams" }]}
      actions={me.isAdmin && team !== undefined ? <DeleteTeam team={team} /> : undefined}
    >
      <Loaded of={teams} what="the team" rows={5}>
        {() =>
          team === undefined ? (
            <Empty title={`There is no team ${name}`}>
              <Link to="/people/teams">All teams</Link>
            </Empty>
          ) : (
            <Detail team={team} mayChange={me.isAdmin} />
          )
        }
      </Loaded>
    </Page>
  );
}

function Detail({ team, mayChange }: { team: Team; mayChange: boolean }): ReactNode {
  const isRequired = useIsRequired(team);
  return (
    <Stack>
      <Card title="Team">
        <Facts
          facts={[
            ["Description", team.description === "" ? undefined : team.description],
            ["Repositories", `${team.right}, in those of its organization`],
            [
              "Its signature",
              isRequired ? (
                <Mark key="required" tone="good">
                  is required for every deployment
                </Mark>
              ) : (
                "is not required"
              ),
            ],
          ]}
        />
        {team.canSign.length === 0 ? (
          <Mark tone="warn">
            Nobody can sign for this team: it needs an active member with a key.
          </Mark>
        ) : null}
      </Card>
      <Card title="Members">
        <Members team={team} mayChange={mayChange} />
        {mayChange ? <AddMember team={team} /> : null}
      </Card>
    </Stack>
  );
}

function Members({ team, mayChange }: { team: Team; mayChange: boolean }): ReactNode {
  const [leaving, setLeaving] = useState<User["name"]>();
  const remove = useAction(
    async (user: string) => await api("removeMember", { params: { ...partsOf(team), user } }),
    { done: (_, user) => `${user} is no longer in ${team.name}` },
  );
  const close = (): void => {
    setLeaving(undefined);
    remove.clear();
  };
  if (team.members.length === 0)
    return <Empty title="Nobody is in this team yet">Its signature can be given by nobody.</Empty>;
  return (
    <>
      <DataTable
        label="Members"
        rows={team.members}
        rowKey={(member) => member}
        columns={[
          {
            key: "name",
            header: "User",
            cell: (member) => <Link to={userPath(member)}>{member}</Link>,
          },
          {
            key: "sign",
            header: "Could sign",
            cell: (member) =>
              team.canSign.includes(member) ? (
                <Mark tone="good">yes</Mark>
              ) : (
                <Mark tone="none">no key yet, or not active</Mark>
              ),
          },
          ...(mayChange
            ? [
                {
                  key: "remove",
                  header: "Action",
                  align: "end" as const,
                  cell: (member: User["name"]) => (
                    <Button
                      size="compact-sm"
                      variant="default"
                      aria-label={`Remove ${member}`}
                      onClick={() => setLeaving(member)}
                    >
                      Remove …
                    </Button>
                  ),
                },
              ]
            : []),
        ]}
      />
      <Confirm
        opened={leaving !== undefined}
        title={`Remove ${leaving ?? ""} from ${team.name}?`}
        button={`Remove ${leaving ?? ""}`}
        running={remove.running}
        error={remove.error}
        onClose={close}
        onConfirm={() => {
          if (leaving === undefined) return;
          void remove.run(leaving).then((after) => {
            if (after !== undefined) close();
          });
        }}
      >
        <Text size="sm">
          Signatures that {leaving} has made no longer count for {team.name}, at once and also for
          images signed long ago.
        </Text>
        {leaving === undefined ? null : <Dependents account={leaving} team={team.name} />}
      </Confirm>
    </>
  );
}

function AddMember({ team }: { team: Team }): ReactNode {
  const users = valueOf(useUsers()) ?? [];
  const [chosen, setChosen] = useState<string | null>(null);
  const add = useAction(
    async (user: string) => await api("addMember", { params: { ...partsOf(team), user } }),
    { done: (_, user) => `${user} is in ${team.name} now` },
  );
  const outside = users.filter((user) => !team.members.includes(user.name));
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (chosen === null) return;
        void add.run(chosen).then((after) => {
          if (after !== undefined) setChosen(null);
        });
      }}
    >
      <Group align="flex-end">
        <Select
          label="Add a member"
          placeholder="Choose a user"
          data={outside.map((user) => ({
            value: user.name as string,
            label: user.fullName === "" ? user.name : `${user.name} (${user.fullName})`,
          }))}
          value={chosen}
          onChange={setChosen}
          searchable
          nothingFoundMessage="No such user outside the team"
        />
        <Button type="submit" variant="default" loading={add.running} disabled={chosen === null}>
          Add
        </Button>
      </Group>
      {add.error === undefined ? null : <Problem error={add.error} />}
    </form>
  );
}

function DeleteTeam({ team }: { team: Team }): ReactNode {
  const go = useNavigate();
  const [opened, dialog] = useDisclosure(false);
  const isRequired = useIsRequired(team);
  const remove = useAction(
    async () => await api("deleteTeam", { params: partsOf(team) }).then(() => true),
    {
      done: () => `Team ${team.name} is deleted`,
    },
  );
  const close = (): void => {
    dialog.close();
    remove.clear();
  };
  return (
    <>
      <Button variant="default" onClick={dialog.open}>
        Delete …
      </Button>
      <Confirm
        opened={opened}
        title={`Delete the team ${team.name}?`}
        button={`Delete ${team.name}`}
        running={remove.running}
        error={remove.error}
        onClose={close}
        onConfirm={() =>
          void remove.run(undefined).then((done) => {
            if (done === true) void go("/people/teams");
          })
        }
      >
        <Text size="sm">
          {isRequired
            ? `${team.name} is required for every deployment. Without it nothing can be deployed until Content Trust no longer asks for it.`
            : "Its members keep their accounts and keys; what the team allowed them to pull and push is gone."}
        </Text>
      </Confirm>
    </>
  );
}

function useIsRequired(team: Team): boolean {
  return valueOf(usePolicy())?.requiredTeams.includes(team.name) ?? false;
}

function partsOf(team: Team): { organization: string; team: string } {
  const slash = team.name.indexOf("/");
  return { organization: team.name.slice(0, slash), team: team.name.slice(slash + 1) };
}
