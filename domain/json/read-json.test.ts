import fc from "fast-check";
import { expect, test } from "vitest";
import { readJson } from "./read-json.ts";

const limits = { maxBytes: 1_000_000, maxDepth: 32 };
const read = (text: string | Uint8Array): unknown => readJson(text, limits);

test("what JSON.stringify writes is read back the same", () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
      const text = JSON.stringify(value);
      if (!text.isWellFormed() || /\\ud[89a-f]/i.test(text)) return;
      expect(JSON.stringify(read(text))).toBe(JSON.stringify(JSON.parse(text)));
    }),
  );
});

test("whatever is accepted, JSON.parse accepts too and reads alike", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom(...'{}[]",:\\u0e1-.tfn aé'.split("")) }),
      (text) => {
        let value: unknown;
        try {
          value = read(text);
        } catch {
          return; // refusing more than JSON.parse does is the point
        }
        expect(JSON.stringify(value)).toBe(JSON.stringify(JSON.parse(text)));
      },
    ),
    { numRuns: 5_000 },
  );
});

test.for([
  ["", "json/malformed"],
  ["{} {}", "json/malformed"],
  ["[1,]", "json/malformed"],
  ["01", "json/malformed"],
  ["1e999", "json/malformed"],
  ['"\n"', "json/malformed"],
  ['"\\ud800"', "json/malformed"],
  ['"\\x"', "json/malformed"],
  ['"open', "json/malformed"],
  ['"open\\', "json/malformed"],
  ["\u{feff}{}", "json/malformed"],
  ['{"a":1,"a":2}', "json/duplicate-key"],
  ['{"a":1,"\\u0061":2}', "json/duplicate-key"],
  ['{"__proto__":1,"__proto__":2}', "json/duplicate-key"],
  ["[".repeat(100_000), "json/too-deep"],
  [`"${"x".repeat(1_000_001)}"`, "json/too-large"],
] as const)("%j is refused", ([text, code]) => {
  expect(() => read(text)).toThrowError(expect.objectContaining({ code }));
});

test("bytes that are not UTF-8 are refused", () => {
  expect(() => read(new Uint8Array([0x22, 0xff, 0x22]))).toThrowError(
    expect.objectContaining({ code: "json/malformed" }),
  );
});

test("a member named __proto__ is a member and changes nothing else", () => {
  const value = read('{"__proto__":{"admin":true}}') as Record<string, unknown>;
  expect(Object.keys(value)).toEqual(["__proto__"]);
  expect(value["admin"]).toBeUndefined();
});

test("where only whole numbers are asked for, none may be written in another way", () => {
  const limits = { maxBytes: 100, wholeNumbers: true };
  expect(readJson("[1,-2,0]", limits)).toEqual([1, -2, 0]);
  for (const text of ["1.0", "1e0", "1E2", "0.5", "[2.0]"])
    expect(() => readJson(text, limits)).toThrow(
      expect.objectContaining({ code: "json/malformed" }),
    );
});

test("where numbers must be exact, one that would be written out as another is refused", () => {
  const limits = { maxBytes: 100, exactNumbers: true };
  const year = "31536000000000000"; // in nanoseconds: beyond 2^53, and exact all the same
  expect(JSON.stringify(readJson(`[${year},-1,0.5,1e2]`, limits))).toBe(`[${year},-1,0.5,100]`);
  for (const text of ["9223372036854775807", "9007199254740993", "-0", "1" + "0".repeat(21)])
    expect(() => readJson(text, limits)).toThrow(
      expect.objectContaining({ code: "json/malformed" }),
    );
});
