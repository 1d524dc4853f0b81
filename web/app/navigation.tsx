import {
  IconBoxMultiple,
  IconGauge,
  IconGavel,
  IconServer2,
  IconSettings,
  IconUsers,
} from "@tabler/icons-react";
import type { ReactNode } from "react";
import { NavLink } from "react-router";
import styles from "./navigation.module.css";

const places = [
  { to: "/", label: "Overview", Icon: IconGauge },
  { to: "/images", label: "Images", Icon: IconBoxMultiple },
  { to: "/workloads", label: "Workloads", Icon: IconServer2 },
  { to: "/decisions", label: "Decisions", Icon: IconGavel },
  { to: "/people", label: "People", Icon: IconUsers },
  { to: "/settings", label: "Settings", Icon: IconSettings },
] as const;

/** The six places of the UI. The current one is marked for the eye and for the ear. */
export function Navigation({ onChosen }: { onChosen?: () => void }): ReactNode {
  return (
    <nav aria-label="Main" className={styles["navigation"]}>
      <ul>
        {places.map(({ to, label, Icon }) => (
          <li key={to}>
            <NavLink to={to} end={to === "/"} onClick={() => onChosen?.()}>
              <Icon size={18} stroke={1.7} aria-hidden />
              {label}
            </NavLink>
          </li>
        ))}
      </ul>
    </nav>
  );
}
