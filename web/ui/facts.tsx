import type { ReactNode } from "react";
import styles from "./facts.module.css";

export type Fact = readonly [name: string, value: ReactNode];

/** Names and values, one a line. Values that are undefined are left out. */
export function Facts({ facts }: { facts: readonly Fact[] }): ReactNode {
  const known = facts.filter(([, value]) => value !== undefined);
  return (
    <dl className={styles["facts"]}>
      {known.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
