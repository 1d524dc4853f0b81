import fc from "fast-check";
import { expect, test } from "vitest";
import { FlagError } from "./errors.ts";
import { parseFlags, type Flag } from "./flags.ts";

const known: readonly Flag[] = [
  { name: "publish", short: "p", kind: "bool", help: "" },
  { name: "server-managed", short: "r", kind: "bool", help: "" },
  { name: "roles", short: "o", kind: "strings", help: "" },
  { name: "server", short: "s", kind: "string", help: "" },
  { name: "number", short: "n", kind: "ints", help: "" },
  { name: "legacy", short: "l", kind: "int", help: "" },
];

test.for([
  ["-p a b", "a b", { publish: ["true"] }],
  ["a -pr b", "a b", { publish: ["true"], "server-managed": ["true"] }],
  ["a --server-managed", "a", { "server-managed": ["true"] }],
  ["--server https://x a", "a", { server: ["https://x"] }],
  ["--server=https://x=y a", "a", { server: ["https://x=y"] }],
  ["--server= a", "a", { server: [""] }],
  ["-shttps://x a", "a", { server: ["https://x"] }],
  ["-s=https://x a", "a", { server: ["https://x"] }],
  ["-ps u a", "a", { publish: ["true"], server: ["u"] }],
  ["-s one -s two", "", { server: ["two"] }],
  ["-o a,b --roles=c d", "d", { roles: ["a", "b", "c"] }],
  ['-o "a,b",c', "", { roles: ["a,b", "c"] }],
  ["-n 0,2 -n 3", "", { number: ["0", "2", "3"] }],
  ["--legacy 0x10", "", { legacy: ["16"] }],
  ["--publish=false", "", { publish: ["false"] }],
  ["a -- -p --x", "a -p --x", {}],
  ["a - b", "a - b", {}],
] as const)("%s", ([line, args, flags]) => {
  const words = line.split(" ");
  const parsed = parseFlags(words, known);
  expect(parsed.args.join(" ")).toBe(args);
  for (const { name } of known)
    expect(parsed.flags.texts(name)).toEqual((flags as Record<string, unknown>)[name] ?? []);
});

test.for([
  ["--bogus", "unknown flag: --bogus"],
  ["--bogus=1", "unknown flag: --bogus"],
  ["-x", "unknown shorthand flag: 'x' in -x"],
  ["-px", "unknown shorthand flag: 'x' in -x"],
  ["-s", "flag needs an argument: 's' in -s"],
  ["--server", "flag needs an argument: --server"],
  ["--=x", "bad flag syntax: --=x"],
  [
    "--publish=maybe",
    'invalid argument "maybe" for "-p, --publish" flag: strconv.ParseBool: parsing "maybe": invalid syntax',
  ],
  [
    "-n x",
    'invalid argument "x" for "-n, --number" flag: strconv.Atoi: parsing "x": invalid syntax',
  ],
  [
    "-l x",
    'invalid argument "x" for "-l, --legacy" flag: strconv.ParseInt: parsing "x": invalid syntax',
  ],
] as const)("%s is refused", ([line, message]) => {
  expect(() => parseFlags(line.split(" "), known)).toThrow(
    expect.objectContaining({ code: "drop-in/flag-invalid", message }),
  );
});

test("whatever is typed is read or refused", () => {
  const word = fc.oneof(
    fc.string(),
    fc.constantFrom("-p", "--", "-s", "--roles", "-n", "-l=", "-"),
  );
  fc.assert(
    fc.property(fc.array(word, { maxLength: 6 }), (words) => {
      try {
        parseFlags(words, known);
      } catch (error) {
        expect(error).toBeInstanceOf(FlagError);
      }
    }),
  );
});
