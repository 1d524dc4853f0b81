import { expect, test } from "vitest";
import { withSafeTerminal } from "./safe-terminal.ts";
import { fields, table } from "./text.ts";
import type { World } from "./world.ts";

function printedBy(act: (world: World) => void): string {
  let told = "";
  const tell = (text: string): void => void (told += text);
  const ask = (question: string): Promise<string> => {
    tell(question);
    return Promise.resolve("");
  };
  act(
    withSafeTerminal({
      env: {},
      workingDirectory: "/",
      homeDirectory: "/",
      clock: () => 0,
      out: tell,
      err: tell,
      terminal: {
        canAsk: true,
        takesColour: true,
        ask,
        askSecret: ask,
        readInput: () => Promise.resolve(""),
      },
    }),
  );
  return told;
}

test.for([
  ["\u001b]0;title\u0007", String.raw`\u001b]0;title\u0007`],
  ["\u009b2J", String.raw`\u009b2J`],
  ["admitted\rrefused", String.raw`admitted\u000drefused`],
  ["\u202etxet", String.raw`\u202etxet`],
  ["\u001b[8mhidden", String.raw`\u001b[8mhidden`],
  ["\ud800", String.raw`\ud800`],
  ["\u{e0001}", String.raw`\udb40\udc01`],
  ["a\nb\tc", "a\nb\tc"],
  ["\u001b[32madmitted\u001b[0m", "\u001b[32madmitted\u001b[0m"],
] as const)("what would steer a terminal is written out: %j", ([text, printed]) => {
  for (const how of ["out", "err"] as const)
    expect(printedBy((world) => world[how](`${text}\n`))).toBe(`${printed}\n`);
  expect(printedBy(({ terminal }) => void terminal.askSecret(text))).toBe(printed);
});

test("a line of progress takes the place of the one before, and nothing in it does", () => {
  const line = "\r2 of 3: \u001b[A evil\u001b[K";
  expect(printedBy((world) => world.err(line))).toBe(
    `\r2 of 3: ${String.raw`\u001b[A`} evil\u001b[K`,
  );
});

test("JSON says the same as before", () => {
  const value = { name: "\u009b\u202e\u001b👩\u200d💻" };
  expect(JSON.parse(printedBy((world) => world.out(JSON.stringify(value))))).toEqual(value);
});

test("a value makes no lines of its own", () => {
  expect(table(["A", "B"], [["x\ny", "z"]]).split("\n")).toHaveLength(3);
  expect(fields([["name", "x\npolicy  admitted"]])).toBe(
    `${String.raw`name  x\u000apolicy  admitted`}\n`,
  );
});
