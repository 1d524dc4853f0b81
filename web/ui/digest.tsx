import { shortDigest } from "#contracts";
import type { ReactNode } from "react";
import { Copy } from "./copy.tsx";
import styles from "./digest.module.css";

/** A digest or key fingerprint, shortened in the middle; the button copies all of it. */
export function Digest({ value, what = "digest" }: { value: string; what?: string }): ReactNode {
  return (
    <span className={styles["digest"]}>
      <code title={value}>{shortDigest(value)}</code>
      <Copy value={value} what={what} />
    </span>
  );
}
