import {
  IconAlertTriangle,
  IconCheck,
  IconMinus,
  IconPointFilled,
  IconX,
} from "@tabler/icons-react";
import type { ReactNode } from "react";
import styles from "./mark.module.css";

export type Tone = "good" | "bad" | "warn" | "none" | "plain";

const icons = {
  good: IconCheck,
  bad: IconX,
  warn: IconAlertTriangle,
  none: IconMinus,
  plain: IconPointFilled,
} as const satisfies Record<Tone, unknown>;

type Props = {
  readonly tone: Tone;
  readonly children: ReactNode;
  /** `badge` has a border and a ground of its own, `text` stands in a line. */
  readonly look?: "badge" | "text" | "large";
};

/** A state told by shape and by words; the colour only repeats it. */
export function Mark({ tone, children, look = "text" }: Props): ReactNode {
  const Icon = icons[tone];
  return (
    <span className={`${styles["mark"]} ${styles[tone]} ${styles[look]}`}>
      <Icon size={look === "large" ? 20 : 15} aria-hidden stroke={2.4} />
      <span>{children}</span>
    </span>
  );
}
