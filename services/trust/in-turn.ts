/** Runs one task after another for each key; tasks of different keys do not wait for each other. */
export function createTurns<Key>(): <Result>(
  key: Key,
  task: () => Promise<Result>,
) => Promise<Result> {
  const last = new Map<Key, Promise<unknown>>();
  return async (key, task) => {
    const before = last.get(key) ?? Promise.resolve();
    // Whether the one before succeeded is its caller's business, not ours.
    const ours = before.then(task, task);
    last.set(key, ours);
    try {
      return await ours;
    } finally {
      if (last.get(key) === ours) last.delete(key);
    }
  };
}
