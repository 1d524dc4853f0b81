import type { ReactNode } from "react";
import { Copy } from "./copy.tsx";
import styles from "./command.module.css";

/** A command line to run elsewhere, with a button that copies it. */
export function Command({ line, what = "command" }: { line: string; what?: string }): ReactNode {
  return (
    <div className={styles["command"]}>
      <code>{line}</code>
      <Copy value={line} what={what} />
    </div>
  );
}
