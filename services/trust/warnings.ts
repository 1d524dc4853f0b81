import { unreachable, type Instant } from "#domain/kernel";
import type { Gun } from "#domain/oci";
import { rootRole, snapshotRole } from "#domain/tuf";
import type { Expiries, SignedDates } from "./ports.ts";
import { clockToleranceMs } from "./signing-date.ts";

/** What an administrator has to look at. */
export type TrustWarning =
  | { readonly kind: "clock-behind"; readonly now: Instant; readonly newest: Instant }
  | { readonly kind: "clock-jumped"; readonly from: Instant; readonly to: Instant }
  | {
      readonly kind: "expired";
      readonly gun: Gun;
      readonly role: "root" | "snapshot";
      readonly at: Instant;
    }
  | { readonly kind: "not-renewed"; readonly gun: Gun; readonly code: string };

const msPerDay = 86_400_000;
/** A jump of the clock is told for so long. */
const jumpToldMs = 7 * msPerDay;

export function clockWarnings(dates: SignedDates, now: Instant): readonly TrustWarning[] {
  const { newest, jump } = dates;
  if (now < newest - clockToleranceMs) return [{ kind: "clock-behind", now, newest }];
  return jump !== undefined && now - jump.to < jumpToldMs
    ? [{ kind: "clock-jumped", ...jump }]
    : [];
}

/** A root or snapshot that is over. One that only the owner can sign stays so; ours are signed again before. */
export function expiryWarnings({ gun, at }: Expiries, now: Instant): readonly TrustWarning[] {
  return ([rootRole, snapshotRole] as const).flatMap((role) => {
    const expires = at.get(role);
    const name = role === rootRole ? "root" : "snapshot";
    return expires === undefined || expires > now
      ? []
      : [{ kind: "expired" as const, gun, role: name, at: expires } as const];
  });
}

/** A warning in a sentence, and what to do. */
export function explainWarning(warning: TrustWarning): string {
  switch (warning.kind) {
    case "clock-behind":
      return (
        `the clock says ${time(warning.now)}, but the newest date signed is ${time(warning.newest)}: ` +
        "nothing is signed until the clock is right; if it is right, run countersign trust accept-clock on the server"
      );
    case "clock-jumped":
      return (
        `the clock went from ${time(warning.from)} to ${time(warning.to)} at once: ` +
        "right if nothing was signed for so long; else put the clock right, then run countersign trust accept-clock on the server"
      );
    case "expired":
      return (
        `the ${warning.role} of ${warning.gun} expired at ${time(warning.at)}: nothing is signed under it; ` +
        (warning.role === "root"
          ? "its owner signs a new one: notary key rotate, with the root key"
          : "its owner publishes, or hands the snapshot key over: notary key rotate --server-managed")
      );
    case "not-renewed":
      return `the timestamp of ${warning.gun} cannot be signed again (${warning.code}): see the log`;
    default:
      return unreachable(warning);
  }
}

function time(instant: Instant): string {
  return `${new Date(instant).toISOString().slice(0, 19)}Z`;
}
