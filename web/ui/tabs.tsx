import type { ReactNode } from "react";
import { NavLink } from "react-router";
import styles from "./tabs.module.css";

type Props = {
  readonly label: string;
  readonly tabs: readonly { readonly to: string; readonly label: string }[];
};

/** Pages that belong together, each with an address of its own. */
export function Tabs({ label, tabs }: Props): ReactNode {
  return (
    <nav aria-label={label} className={styles["tabs"]}>
      {tabs.map((tab) => (
        <NavLink key={tab.to} to={tab.to}>
          {tab.label}
        </NavLink>
      ))}
    </nav>
  );
}
