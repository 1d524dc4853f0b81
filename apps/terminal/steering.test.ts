import { expect, test } from "vitest";
import { inOneLine, withoutSteering } from "./steering.ts";

test.for([
  ["\u001b[2J", String.raw`\u001b[2J`],
  ["a\rb", String.raw`a\u000db`],
  ["\u202etxet", String.raw`\u202etxet`],
  ["\ud800", String.raw`\ud800`],
  ["\u{e0001}", String.raw`\udb40\udc01`],
  ["a\u2028b", String.raw`a\u2028b`],
  ["plain ünïcode 👩\n\tin lines", "plain ünïcode 👩\n\tin lines"],
] as const)("%j prints as %j", ([text, printed]) => {
  expect(withoutSteering(text)).toBe(printed);
});

test("a name stays in its line", () => {
  expect(inOneLine("a\nb\tc\u2029d é")).toBe(String.raw`a\u000ab\u0009c\u2029d é`);
});
