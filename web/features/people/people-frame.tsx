import type { ReactNode } from "react";
import { Outlet } from "react-router";
import { Tabs } from "../../ui/tabs.tsx";

export function PeopleFrame(): ReactNode {
  return (
    <>
      <Tabs
        label="People"
        tabs={[
          { to: "/people/users", label: "Users" },
          { to: "/people/teams", label: "Teams" },
          { to: "/people/organizations", label: "Organizations" },
        ]}
      />
      <Outlet />
    </>
  );
}
