const hourMs = 3_600_000;
export const hours = 24;

/** How many in each of the last 24 hours, oldest first. */
export function perHour(moments: readonly number[], now: number): readonly number[] {
  const counts = Array.from({ length: hours }, () => 0);
  for (const at of moments) {
    const ago = Math.floor((now - at) / hourMs);
    const slot = hours - 1 - Math.max(ago, 0);
    if (slot >= 0) counts[slot] = (counts[slot] ?? 0) + 1;
  }
  return counts;
}
