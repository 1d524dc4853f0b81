import fc from "fast-check";
import { expect, test } from "vitest";
import { readJson, type JsonObject, type JsonValue } from "#domain/json";
import { canonicalJson, fileJson } from "./canonical-json.ts";
import { readFile } from "./read-file.ts";

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const read = (text: string): ReturnType<typeof readFile> => readFile(bytesOf(text), 10_000);
const deep = (levels: number): string => "[".repeat(levels) + "]".repeat(levels);

test.for([
  ["a member twice", `{"signed":{"a":1,"a":1},"signatures":[]}`, "json/duplicate-key"],
  ["signed twice", `{"signed":{"a":1},"signed":{"a":1},"signatures":[]}`, "json/duplicate-key"],
  [
    "signed after signatures",
    `{"signatures":[],"signed":{"a":1},"signed":{}}`,
    "json/duplicate-key",
  ],
  [
    "__proto__ twice",
    `{"signed":{"__proto__":1,"__proto__":1},"signatures":[]}`,
    "json/duplicate-key",
  ],
  ["a mark before it", `\ufeff{"signed":{"a":1},"signatures":[]}`, "json/malformed"],
  ["a word after it", `{"signed":{"a":1},"signatures":[]}x`, "json/malformed"],
  ["half a pair", String.raw`{"signed":{"a":"\ud800"},"signatures":[]}`, "json/malformed"],
  ["a fraction", `{"signed":{"a":1.5},"signatures":[]}`, "json/malformed"],
  ["deep nesting", `{"signed":{"a":${deep(40)}},"signatures":[]}`, "json/too-deep"],
  ["very deep nesting", `{"signed":{"a":${deep(4_000)}},"signatures":[]}`, "json/too-deep"],
  ["signatures a level too deep", `{"signed":{"a":1},"signatures":${deep(33)}}`, "json/too-deep"],
  ["deep signatures", `{"signed":{"a":1},"signatures":${deep(40)}}`, "json/too-deep"],
  ["too much", `{"signed":{"a":"${"x".repeat(10_000)}"},"signatures":[]}`, "json/too-large"],
  ["a third member", `{"signed":{"a":1},"signatures":[],"x":1}`, "json/malformed"],
  ["a list", `{"signed":[],"signatures":[]}`, "signed is not an object"],
  ["nothing signed", `{"signatures":[]}`, "signed is not an object"],
] as const)("%s is refused", ([, text, why]) => {
  expect(() => read(text)).toThrow(expect.objectContaining({ code: "tuf/malformed" }));
  expect(() => read(text)).toThrow(why);
});

test("a file that is not UTF-8 is refused", () => {
  const bytes = Buffer.from(`{"signed":{"a":"\u00ff"},"signatures":[]}`, "latin1");
  expect(() => readFile(bytes, 10_000)).toThrow("json/malformed");
});

test("however a file is written, it is read as the strict reader reads it", () => {
  const value: fc.Arbitrary<JsonValue> = fc.letrec<{ value: JsonValue }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.constant(null),
      fc.boolean(),
      fc.maxSafeInteger(),
      fc.string({ unit: "binary" }),
      fc.array(tie("value"), { maxLength: 4 }),
      fc.dictionary(
        fc.oneof(fc.string(), fc.constantFrom("__proto__", "10", "9", "constructor", "a<b")),
        tie("value"),
        { maxKeys: 5 },
      ),
    ),
  })).value;
  const signed = fc.dictionary(fc.string(), value, { maxKeys: 5 });
  fc.assert(
    fc.property(signed, fc.boolean(), (content, asNotary) => {
      const inside = asNotary ? fileJson(canonicalJson(content)) : JSON.stringify(content, null, 1);
      const text = `{"signed":${inside},"signatures":[{"keyid":"k"}]}`;
      const strictly = tried(() => {
        const file = readJson(text, { maxBytes: 1e6, wholeNumbers: true }) as JsonObject;
        return canonicalJson(file["signed"] ?? null);
      });
      const found = tried(() => readFile(bytesOf(text), 1e6));
      expect(found?.canonical).toBe(strictly);
      if (found !== undefined) expect(canonicalJson(found.signed)).toBe(strictly);
    }),
    { numRuns: 2_000 },
  );
});

function tried<Value>(run: () => Value): Value | undefined {
  try {
    return run();
  } catch {
    return undefined;
  }
}
