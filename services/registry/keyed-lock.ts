/** Lets one task at a time run for each key; others of that key wait their turn. */
export type KeyedLock<Key> = {
  hold<Value>(key: Key, task: () => Promise<Value>): Promise<Value>;
};

export function createKeyedLock<Key>(): KeyedLock<Key> {
  const tails = new Map<Key, Promise<unknown>>();
  return {
    async hold(key, task) {
      const turn = (tails.get(key) ?? Promise.resolve()).then(task);
      const tail = turn.catch(() => undefined); // the next one's turn comes whatever became of this one
      tails.set(key, tail);
      try {
        return await turn;
      } finally {
        if (tails.get(key) === tail) tails.delete(key);
      }
    },
  };
}
