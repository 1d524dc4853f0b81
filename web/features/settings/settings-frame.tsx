import type { ReactNode } from "react";
import { Outlet } from "react-router";
import { Tabs } from "../../ui/tabs.tsx";

export function SettingsFrame(): ReactNode {
  return (
    <>
      <Tabs
        label="Settings"
        tabs={[
          { to: "/settings/content-trust", label: "Content Trust" },
          { to: "/settings/about", label: "About" },
        ]}
      />
      <Outlet />
    </>
  );
}
