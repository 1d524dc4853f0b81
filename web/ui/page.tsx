import { Title } from "@mantine/core";
import type { ReactNode } from "react";
import { Link } from "react-router";
import styles from "./page.module.css";

export type Crumb = { readonly to: string; readonly label: string };

type Props = {
  readonly title: string;
  /** What to read instead of `title` where it is more than words. */
  readonly heading?: ReactNode;
  readonly crumbs?: readonly Crumb[];
  readonly actions?: ReactNode;
  readonly children: ReactNode;
};

/** The frame of every page: where we are, its name, what can be done, and then the page. */
export function Page({ title, heading, crumbs = [], actions, children }: Props): ReactNode {
  return (
    <div className={styles["page"]}>
      <title>{`${title} · Countersign`}</title>
      {crumbs.length === 0 ? null : (
        <nav aria-label="Where you are" className={styles["crumbs"]}>
          {crumbs.map((crumb) => (
            <span key={crumb.to}>
              <Link to={crumb.to}>{crumb.label}</Link>
              <span aria-hidden> / </span>
            </span>
          ))}
        </nav>
      )}
      <div className={styles["head"]}>
        <Title order={1}>{heading ?? title}</Title>
        {actions === undefined ? null : <div className={styles["actions"]}>{actions}</div>}
      </div>
      {children}
    </div>
  );
}
