import type { User } from "#contracts";
import { Button, TextInput } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconSearch } from "@tabler/icons-react";
import { Fragment, type ReactNode } from "react";
import { Link, useSearchParams } from "react-router";
import { useUsers } from "../../data/queries.ts";
import { useMe } from "../../data/session.tsx";
import { TeamLink, userPath } from "../../ui/account-links.tsx";
import { DataTable, type Column } from "../../ui/data-table.tsx";
import { Empty } from "../../ui/empty.tsx";
import { Loaded } from "../../ui/loaded.tsx";
import { Mark } from "../../ui/mark.tsx";
import { Page } from "../../ui/page.tsx";
import { permissions } from "./permissions.ts";
import { UserDialog } from "./user-dialog.tsx";

export function UsersPage(): ReactNode {
  const me = useMe();
  const users = useUsers();
  const [search, setSearch] = useSearchParams();
  const [opened, dialog] = useDisclosure(false);
  const text = (search.get("q") ?? "").trim().toLowerCase();
  return (
    <Page
      title="Users"
      actions={me.isAdmin ? <Button onClick={dialog.open}>New user</Button> : undefined}
    >
      <TextInput
        type="search"
        aria-label="Search users"
        placeholder="Search users"
        leftSection={<IconSearch size={16} aria-hidden />}
        maw={360}
        value={search.get("q") ?? ""}
        onChange={(event) =>
          setSearch(event.target.value === "" ? {} : { q: event.target.value }, { replace: true })
        }
      />
      <Loaded of={users} what="users" rows={8}>
        {(value) => <UserTable users={value.filter((user) => fits(user, text))} text={text} />}
      </Loaded>
      <UserDialog opened={opened} onClose={dialog.close} />
    </Page>
  );
}

const permissionColumn: Column<User> = {
  key: "permission",
  header: "May do at the gateway",
  cell: (user) => (user.isAdmin ? "everything (admin)" : permissions[user.permission]),
};

function fits(user: User, text: string): boolean {
  return user.name.includes(text) || user.fullName.toLowerCase().includes(text);
}

function UserTable({ users, text }: { users: readonly User[]; text: string }): ReactNode {
  const me = useMe();
  if (users.length === 0) return <Empty title={`Nobody is called “${text}”`} />;
  return (
    <DataTable
      label="Users"
      rows={users}
      rowKey={(user) => user.name}
      columns={[
        {
          key: "name",
          header: "User",
          cell: (user) => <Link to={userPath(user.name)}>{user.name}</Link>,
        },
        { key: "fullName", header: "Name", cell: (user) => user.fullName },
        {
          key: "teams",
          header: "Teams",
          cell: (user) =>
            user.teams.map((team, index) => (
              <Fragment key={team}>
                {index > 0 ? ", " : ""}
                <TeamLink team={team} />
              </Fragment>
            )),
        },
        // Of others, only admins are told.
        ...(me.isAdmin ? [permissionColumn] : []),
        {
          key: "state",
          header: "State",
          cell: (user) =>
            user.isActive ? <Mark tone="good">active</Mark> : <Mark tone="none">not active</Mark>,
        },
      ]}
    />
  );
}
