const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

const words = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const sameYear = new Intl.DateTimeFormat("en", { day: "numeric", month: "short" });
const anyYear = new Intl.DateTimeFormat("en", { day: "numeric", month: "short", year: "numeric" });
const exact = new Intl.DateTimeFormat("en", { dateStyle: "full", timeStyle: "long" });

/** `now`, `5 minutes ago`, `in 3 days`; beyond thirty days the date. */
export function relativeTime(at: number, now: number): string {
  const away = at - now;
  const size = Math.abs(away);
  if (size < minute) return away > 30_000 ? "in a minute" : "just now";
  if (size < hour) return words.format(Math.trunc(away / minute), "minute");
  if (size < day) return words.format(Math.trunc(away / hour), "hour");
  if (size < 30 * day) return words.format(Math.trunc(away / day), "day");
  const isSameYear = new Date(at).getFullYear() === new Date(now).getFullYear();
  return (isSameYear ? sameYear : anyYear).format(at);
}

/** Date, time to the second and time zone. */
export function exactTime(at: number): string {
  return exact.format(at);
}
