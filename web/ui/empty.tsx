import type { ReactNode } from "react";
import styles from "./empty.module.css";

/** Nothing is here, and what to do about it. */
export function Empty({ title, children }: { title: string; children?: ReactNode }): ReactNode {
  return (
    <div className={styles["empty"]}>
      <p className={styles["title"]}>{title}</p>
      {children === undefined ? null : <div className={styles["text"]}>{children}</div>}
    </div>
  );
}
