import type { Random } from "./random.ts";

export type Value =
  null | boolean | number | string | readonly Value[] | { readonly [name: string]: Value };

/** What stands in a body where it should not, by name. */
const strays: readonly [string, ...string[]] = [
  ...(["Image", "image", "IMAGE", "HostConfig", "hostconfig", "Privileged", "Binds"] as const),
  ...[
    "Runtime",
    "TaskTemplate",
    "ContainerSpec",
    "PreviousSpec",
    "Spec",
    "__proto__",
    "constructor",
  ],
];
const oddNumbers = ["1e0", "1.0", "-0", "9007199254740993", "1e999", "NaN", "01", "0x1"] as const;

/**
 * Writes JSON as somebody would who looks for two readers that differ: `boldness` is the chance of each
 * trick at each place. `strange` makes a value that ought not to run.
 */
export function spell(
  value: Value,
  random: Random,
  { boldness, strange }: { readonly boldness: number; readonly strange: () => string },
): string {
  const again = (inner: Value): string => spell(inner, random, { boldness, strange });
  const dare = (): boolean => random.chance(boldness);
  if (dare()) return odd(random, strange);
  if (typeof value === "string") return dare() ? escaped(value, random) : JSON.stringify(value);
  if (typeof value === "number" && dare()) return random.pick(oddNumbers);
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map((item: Value) => again(item)).join(",")}]`;
  const members = Object.entries(value).flatMap(([name, inner]) => {
    const plain = `${dare() ? misspelled(name, random) : JSON.stringify(name)}:${again(inner)}`;
    if (!dare()) return [plain];
    // A second member that one reader may take for the same.
    const other = typeof inner === "object" ? again(inner) : JSON.stringify(strange());
    const twin = `${random.chance(0.5) ? misspelled(name, random) : JSON.stringify(name)}:${other}`;
    return random.chance(0.5) ? [plain, twin] : [twin, plain];
  });
  if (dare())
    members.splice(
      random.below(members.length + 1),
      0,
      `${JSON.stringify(random.pick(strays))}:${random.pick([JSON.stringify(strange()), "true", "{}", "null"])}`,
    );
  return random.chance(0.1) ? `{ ${members.join(" ,\n\t")} }` : `{${members.join(",")}}`;
}

function odd(random: Random, strange: () => string): string {
  const text = JSON.stringify(strange());
  return random.pick([
    "null",
    "{}",
    "[]",
    "1",
    "true",
    '""',
    text,
    `[${text}]`,
    `{"Image":${text}}`,
  ]);
}

function escaped(text: string, random: Random): string {
  const letters = text.split("").map((letter) => {
    if (!random.chance(0.3)) return JSON.stringify(letter).slice(1, -1);
    const code = (letter.codePointAt(0) ?? 0).toString(16).padStart(4, "0").slice(-4);
    return `\\u${random.chance(0.5) ? code : code.toUpperCase()}`;
  });
  return `"${letters.join("")}"`;
}

/** A name that Go's reader takes for `name`, and another one may not; or nearly so. */
function misspelled(name: string, random: Random): string {
  switch (random.below(6)) {
    case 0:
      return JSON.stringify(name.toLowerCase());
    case 1:
      return JSON.stringify(name.toUpperCase());
    case 2:
      return JSON.stringify(name.replaceAll(/s/gi, "\u017f").replaceAll(/k/gi, "\u212a"));
    case 3:
      return escaped(name, random);
    case 4:
      return JSON.stringify(`${name}${random.pick(["", " ", "\u0000", "_", "-"])}`);
    default:
      return JSON.stringify(
        name
          .split("")
          .map((letter) => (random.chance(0.5) ? letter.toUpperCase() : letter.toLowerCase()))
          .join(""),
      );
  }
}

/** Bytes of a body after some harm was done to them. */
export function harmed(text: string, random: Random, boldness: number): Buffer {
  if (!random.chance(boldness)) return Buffer.from(text);
  const bytes = Buffer.from(text);
  switch (random.below(8)) {
    case 0:
      return Buffer.concat([Buffer.from("\u{feff}"), bytes]);
    case 1:
      return Buffer.concat([bytes, bytes]);
    case 2:
      return Buffer.concat([bytes, Buffer.from(random.pick(["x", "\u0000", "{}", "]", " \n"]))]);
    case 3:
      return bytes.subarray(0, random.below(bytes.length + 1));
    case 4:
      return Buffer.from(text, "utf16le");
    case 5:
      return Buffer.from(`${"[".repeat(40)}${text}${"]".repeat(40)}`);
    case 6:
      return Buffer.concat([Buffer.alloc(random.below(4), " \n"), bytes]);
    default: {
      const flipped = Buffer.from(bytes);
      const at = random.below(flipped.length || 1);
      if (flipped.length > 0) flipped[at] = (flipped[at] ?? 0) ^ (1 << random.below(8));
      return flipped;
    }
  }
}
