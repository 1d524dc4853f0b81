import { setImmediate } from "node:timers/promises";
import { CodedError, type Instant, type Options } from "#domain/kernel";
import type { Gun } from "#domain/oci";
import { snapshotRole, timestampRole } from "#domain/tuf";
import type { Expiries, Leases } from "./ports.ts";
import { isDue, refresh, type RefreshParts } from "./refresh.ts";
import { signingDate } from "./signing-date.ts";
import { clockWarnings, expiryWarnings, type TrustWarning } from "./warnings.ts";

export type UpkeepParts = RefreshParts & {
  readonly leases: Leases;
  /** Names this process among all that share the store. */
  readonly holder: string;
  /** Waited for between two batches in which something was signed. */
  readonly pause: (o: Options) => Promise<void>;
};

/** What one round of upkeep did and found. */
export type UpkeepReport = {
  /** Repositories whose timestamp, and maybe snapshot, was signed again. */
  readonly renewed: number;
  readonly warnings: readonly TrustWarning[];
};

export interface TrustUpkeep {
  /**
   * Signs again what has lost half its life, also in repositories that nobody reads: a batch of 100 at a
   * time, in one process of all that share the store. Nothing is signed under an expired root or snapshot.
   */
  round(o: Options): Promise<UpkeepReport>;
  /** What to look at now: the clock as it is, and what the last round found. */
  warnings(o: Options): Promise<readonly TrustWarning[]>;
  /** What the last round found in the repositories: for other processes, which go no rounds. */
  found(): readonly TrustWarning[];
  /** Takes over what the last round found in another process. */
  learn(found: readonly TrustWarning[]): void;
}

const batchSize = 100;
const leaseMs = 60_000;
const lease = "renewal";
/** More than that need no name: something is wrong as a whole. */
const maxWarnings = 100;

export function createTrustUpkeep(parts: UpkeepParts): TrustUpkeep {
  const { store, leases, clock, holder } = parts;
  let found: readonly TrustWarning[] = [];
  const clockNow = async (o: Options): Promise<readonly TrustWarning[]> =>
    clockWarnings(await store.signedDates(o), clock());
  const isOurs = (o: Options): Promise<boolean> =>
    leases.take(lease, { holder, now: clock(), ttlMs: leaseMs }, o);

  /** Goes through every repository; what another process renews meanwhile is only looked at. */
  const goThrough = async (o: Options): Promise<UpkeepReport> => {
    const warnings: TrustWarning[] = [];
    let renewed = 0;
    for (let after: Gun | undefined; ;) {
      o.signal.throwIfAborted();
      const batch = await store.expiries({ after, limit: batchSize }, o);
      after = batch.at(-1)?.gun;
      if (after === undefined) break;
      const now = clock();
      for (const expiries of batch) warnings.push(...expiryWarnings(expiries, now));
      const due = batch.filter((expiries) => isRenewable(expiries, now));
      if (due.length === 0 || !(await isOurs(o))) continue;
      let count = 0;
      for (const expiries of due) {
        const result = await renew(parts, expiries, o);
        if (result === true) count += 1;
        else if (result !== undefined) warnings.push(result);
        await setImmediate(); // others have their turn: the store's own calls give them none
      }
      renewed += count;
      if (count > 0) await parts.pause(o);
    }
    return { renewed, warnings: warnings.slice(0, maxWarnings) };
  };

  return {
    async round(o) {
      try {
        const report = await goThrough(o);
        found = report.warnings;
        return { ...report, warnings: [...(await clockNow(o)), ...found] };
      } finally {
        await leases.giveBack(lease, holder, o);
      }
    },
    warnings: async (o) => [...(await clockNow(o)), ...found],
    found: () => found,
    learn: (others) => {
      found = others;
    },
  };
}

function isRenewable({ at }: Expiries, now: Instant): boolean {
  return [timestampRole, snapshotRole].some((role) => {
    const expires = at.get(role);
    return expires !== undefined && isDue(role, expires, now);
  });
}

/** True if it was signed again; or a warning, for one repository's fault must not keep the others from it. */
async function renew(
  parts: RefreshParts,
  { gun, at }: Expiries,
  o: Options,
): Promise<true | TrustWarning | undefined> {
  try {
    if (await refresh(parts, gun, o)) return true;
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    return { kind: "not-renewed", gun, code: error.code };
  }
  const now = await signingDate(parts, o);
  if (now === undefined || expiryWarnings({ gun, at }, now).length > 0) return undefined; // told already
  const timestamp = await parts.store.current(gun, timestampRole, o);
  return timestamp !== undefined && timestamp.expiresAt <= now
    ? { kind: "not-renewed", gun, code: "trust/key-lost" }
    : undefined;
}
