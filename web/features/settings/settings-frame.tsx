import type { ReactNode } from "react";
import { Outlet } from "react-router";
import { useMe } from "../../data/session.tsx";
import { Tabs } from "../../ui/tabs.tsx";

export function SettingsFrame(): ReactNode {
  const { isAdmin } = useMe();
  return (
    <>
      <Tabs
        label="Settings"
        tabs={[
          { to: "/settings/content-trust", label: "Content Trust" },
          ...(isAdmin ? [{ to: "/settings/registries", label: "Other registries" }] : []),
          { to: "/settings/about", label: "About" },
        ]}
      />
      <Outlet />
    </>
  );
}
