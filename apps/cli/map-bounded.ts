/** Maps in order, with at most `most` at work at a time. */
export async function mapBounded<Item, Value>(
  most: number,
  items: readonly Item[],
  map: (item: Item) => Promise<Value>,
): Promise<readonly Value[]> {
  const values: Value[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < items.length) {
      const at = next;
      next += 1;
      const item = items[at];
      if (item !== undefined) values[at] = await map(item);
    }
  };
  await Promise.all(Array.from({ length: Math.min(most, items.length) }, work));
  return values;
}
