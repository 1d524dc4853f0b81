import type { AccountKey, User } from "#contracts";
import { Stack } from "@mantine/core";
import { Fragment, type ReactNode } from "react";
import { useParams } from "react-router";
import { useKeys, useUser } from "../../data/queries.ts";
import { useMe } from "../../data/session.tsx";
import { TeamLink } from "../../ui/account-links.tsx";
import { Card } from "../../ui/card.tsx";
import { Facts } from "../../ui/facts.tsx";
import { Loaded } from "../../ui/loaded.tsx";
import { Mark } from "../../ui/mark.tsx";
import { Page } from "../../ui/page.tsx";
import { Time } from "../../ui/time.tsx";
import { AddKeyDialog } from "./add-key-dialog.tsx";
import { BundleDialog } from "./bundle-dialog.tsx";
import { ChangePassword } from "./change-password.tsx";
import { KeyTable } from "./key-table.tsx";
import { permissions } from "./permissions.ts";
import { UserActions } from "./user-actions.tsx";

/** A person: teams, keys and bundles, password. One's own page is where one's keys are. */
export function UserPage(): ReactNode {
  const { user: name = "" } = useParams();
  const me = useMe();
  const user = useUser(name);
  return (
    <Page
      title={name}
      crumbs={[{ to: "/people/users", label: "Users" }]}
      actions={me.isAdmin && user.kind === "ready" ? <UserActions user={user.value} /> : undefined}
    >
      <Loaded of={user} what="the user" rows={8}>
        {(value) => <Detail user={value} isMine={me.name === name} />}
      </Loaded>
    </Page>
  );
}

function Detail({ user, isMine }: { user: User; isMine: boolean }): ReactNode {
  const me = useMe();
  const mayChange = isMine || me.isAdmin;
  return (
    <Stack>
      <Card title="Person">
        <Facts
          facts={[
            ["Name", user.fullName === "" ? undefined : user.fullName],
            [
              "State",
              user.isActive ? (
                <Mark key="state" tone="good">
                  active
                </Mark>
              ) : (
                <Mark key="state" tone="none">
                  not active: cannot sign in, and signatures do not count
                </Mark>
              ),
            ],
            ["Admin", mayChange ? (user.isAdmin ? "yes" : "no") : undefined],
            ["At the gateway", mayChange ? gatewayRights(user) : undefined],
            ["Teams", <Teams key="teams" user={user} />],
            ["Account made", mayChange ? <Time key="made" at={user.createdAt} /> : undefined],
          ]}
        />
      </Card>
      {mayChange ? <Keys user={user.name} isMine={isMine} /> : null}
      {mayChange ? <ChangePassword user={user.name} isMine={isMine} /> : null}
    </Stack>
  );
}

function gatewayRights(user: User): string {
  return user.isAdmin ? "everything" : permissions[user.permission];
}

function Teams({ user }: { user: User }): ReactNode {
  if (user.teams.length === 0) return "none";
  return user.teams.map((team, index) => (
    <Fragment key={team}>
      {index > 0 ? ", " : ""}
      <TeamLink team={team} />
    </Fragment>
  ));
}

function Keys({ user, isMine }: { user: string; isMine: boolean }): ReactNode {
  const keys = useKeys(user);
  return (
    <Card
      title="Keys and bundles"
      aside={isMine ? "What your signatures and your Docker client are known by" : undefined}
    >
      <Loaded of={keys} what="keys" rows={3}>
        {(value: AccountKey[]) => <KeyTable user={user} keys={value} isMine={isMine} />}
      </Loaded>
      <div style={{ display: "flex", flexWrap: "wrap", gap: "0.5rem" }}>
        <BundleDialog user={user} />
        <AddKeyDialog user={user} />
      </div>
    </Card>
  );
}
