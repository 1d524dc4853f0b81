import type { ReactNode } from "react";
import { hours, perHour } from "./per-hour.ts";
import styles from "./hours-chart.module.css";

const step = 10;
const height = 32;

/** A bar an hour: were the refusals a burst, or do they go on? The sentence below it says the number. */
export function HoursChart({
  moments,
  now,
}: {
  moments: readonly number[];
  now: number;
}): ReactNode {
  const counts = perHour(moments, now);
  const most = Math.max(1, ...counts);
  return (
    <figure
      className={styles["chart"]}
      aria-label={`Refusals in each of the last 24 hours; at most ${most} in one`}
    >
      <svg aria-hidden viewBox={`0 0 ${hours * step} ${height}`} preserveAspectRatio="none">
        {counts.map((count, slot) => {
          const size = count === 0 ? 1 : Math.max(3, (count / most) * height);
          return (
            <rect
              // The slots are the hours: their place is what they are.
              key={hours - slot}
              x={slot * step + 1}
              y={height - size}
              width={step - 2}
              height={size}
              data-some={count > 0}
            />
          );
        })}
      </svg>
    </figure>
  );
}
