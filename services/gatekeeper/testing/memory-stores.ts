import {
  GatekeeperError,
  readRecord,
  writeRecord,
  type DecisionStore,
  type PolicyStore,
  type StoredDecision,
  type StoredNotice,
  type StoredPolicy,
  type WorkloadState,
  type WorkloadStore,
} from "#services/gatekeeper";

/** Policies in memory. */
export function memoryPolicyStore(): PolicyStore {
  let current: StoredPolicy = {
    version: 0,
    mode: "off",
    required: [],
    whenLost: { action: "report" },
    changedAt: 0,
    changedBy: undefined,
  };
  return {
    current: () => Promise.resolve(current),
    put(policy) {
      if (policy.version !== current.version + 1)
        return Promise.reject(
          new GatekeeperError("gatekeeper/policy-changed", "not the next version"),
        );
      current = policy;
      return Promise.resolve();
    },
  };
}

/** Decisions in memory, as the text that a real store keeps. */
export function memoryDecisionStore(): DecisionStore {
  const texts: string[] = [];
  const stored = (index: number): StoredDecision => ({
    ...readRecord(texts[index] ?? ""),
    id: String(index + 1),
  });
  return {
    append(record) {
      texts.push(writeRecord(record));
      return Promise.resolve({ ...record, id: String(texts.length) });
    },
    list({ before, limit, repository }) {
      const all = texts.map((_, index) => stored(index)).reverse();
      const older = all.filter(({ id }) => before === undefined || Number(id) < Number(before));
      const wanted = older.filter(
        (each) => repository === undefined || each.repository === repository,
      );
      return Promise.resolve(wanted.slice(0, limit));
    },
    get: (id) =>
      Promise.resolve(texts[Number(id) - 1] === undefined ? undefined : stored(Number(id) - 1)),
    newest: () => Promise.resolve(texts.length),
    after: (after, limit) =>
      Promise.resolve(texts.map((_, index) => stored(index)).slice(after, after + limit)),
  };
}

/** What runs, in memory. */
export function memoryWorkloadStore(): WorkloadStore {
  let states: readonly WorkloadState[] = [];
  let notices: (StoredNotice & { readonly due: number })[] = [];
  let count = 0;
  return {
    states: () => Promise.resolve(states),
    replace(after, told) {
      states = [...after];
      for (const each of told)
        notices.push({ ...each, id: String((count += 1)), attempts: 0, due: 0 });
      return Promise.resolve();
    },
    due: (now, limit) =>
      Promise.resolve(
        notices
          .filter(({ due }) => due <= now)
          .slice(0, limit)
          .map(({ due: _due, ...notice }) => notice),
      ),
    settle(id, again) {
      notices = notices.flatMap((notice) => {
        if (notice.id !== id) return [notice];
        return again === undefined
          ? []
          : [{ ...notice, attempts: notice.attempts + 1, due: again }];
      });
      return Promise.resolve();
    },
  };
}
