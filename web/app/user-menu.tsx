import {
  Menu,
  UnstyledButton,
  useMantineColorScheme,
  type MantineColorScheme,
} from "@mantine/core";
import { IconChevronDown, IconKey, IconLogout, IconUserCircle } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Link } from "react-router";
import { useAction } from "../data/action.ts";
import { api } from "../data/client.ts";
import { useMe } from "../data/session.tsx";
import { userPath } from "../ui/account-links.tsx";
import styles from "./user-menu.module.css";

const themes = [
  ["auto", "As the system"],
  ["light", "Light"],
  ["dark", "Dark"],
] as const;

function themeOf(text: string): MantineColorScheme {
  return themes.find(([scheme]) => scheme === text)?.[0] ?? "auto";
}

/** Keys and bundles, theme, sign out. */
export function UserMenu(): ReactNode {
  const me = useMe();
  const cache = useQueryClient();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const signOut = useAction(async () => {
    await api("signOut");
    // Nothing of one person stays for the next.
    cache.clear();
    window.location.assign("/");
  });
  return (
    <Menu
      position="bottom-end"
      width={220}
      // In the banner where its button is, and with nothing in it but its items.
      withinPortal={false}
      withInitialFocusPlaceholder={false}
    >
      <Menu.Target>
        <UnstyledButton className={styles["target"]} aria-label={`Signed in as ${me.name}`}>
          <IconUserCircle size={20} stroke={1.7} aria-hidden />
          <span>{me.name}</span>
          <IconChevronDown size={14} aria-hidden />
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown aria-label="Your menu">
        <Menu.Item
          component={Link}
          to={userPath(me.name)}
          leftSection={<IconKey size={16} aria-hidden />}
        >
          My keys and bundles
        </Menu.Item>
        <Menu.Divider />
        <Menu.Label>Look</Menu.Label>
        <Menu.RadioGroup value={colorScheme} onChange={(scheme) => setColorScheme(themeOf(scheme))}>
          {themes.map(([scheme, label]) => (
            <Menu.RadioItem key={scheme} value={scheme}>
              {label}
            </Menu.RadioItem>
          ))}
        </Menu.RadioGroup>
        <Menu.Divider />
        <Menu.Item
          leftSection={<IconLogout size={16} aria-hidden />}
          onClick={() => void signOut.run(undefined)}
        >
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
