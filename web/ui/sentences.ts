/** `a`, `a or b`, `a, b or c`. */
export function listed(names: readonly string[], word: "and" | "or" | "+"): string {
  if (word === "+") return names.join(" + ");
  const last = names.at(-1) ?? "";
  const before = names.slice(0, -1);
  return before.length === 0 ? last : `${before.join(", ")} ${word} ${last}`;
}

/** `1 tag`, `2 tags`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString("en")} ${count === 1 ? one : many}`;
}

const units = ["B", "kB", "MB", "GB", "TB"] as const;

/** `73 MB`, in powers of a thousand. */
export function sizeInWords(bytes: number): string {
  let size = bytes;
  let unit = 0;
  while (size >= 1000 && unit < units.length - 1) {
    size /= 1000;
    unit += 1;
  }
  const digits = size >= 100 || unit === 0 ? 0 : 1;
  return `${size.toFixed(digits)} ${units[unit] ?? "B"}`;
}
