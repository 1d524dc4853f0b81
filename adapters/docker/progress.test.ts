import { describe, expect, test } from "vitest";
import { createProgress } from "./progress.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe("the progress of a pull", () => {
  test.for([
    ["nothing", "", undefined],
    [
      "a pull that worked",
      `{"status":"a"}\r\n{"status":"b","progressDetail":{"current":1}}\r\n`,
      undefined,
    ],
    ["an error", `{"status":"a"}\r\n{"errorDetail":{"message":"m"},"error":"e"}\r\n`, "e"],
    ["a detail alone", `{"errorDetail":{"message":"m"}}\n`, "m"],
    ["an error without end of line", `{"status":"a"}\n{"error":"e"}`, "e"],
    ["two errors", `{"error":"first"}\n{"error":"second"}\n`, "first"],
    ["an error of another shape", `{"error":{"a":1}}\n`, "the pull failed"],
    ["no JSON", "<html>\n", "the engine's progress is not readable"],
    ["half a line", `{"status":`, "the engine's progress is not readable"],
  ] as const)("with %s", ([, text, failure]) => {
    const whole = createProgress();
    whole.take(bytes(text));
    expect(whole.failure()).toBe(failure);
    const piecemeal = createProgress();
    for (const byte of bytes(text)) piecemeal.take(Uint8Array.of(byte));
    expect(piecemeal.failure()).toBe(failure);
  });

  test("an endless line is a failure, not memory", () => {
    const progress = createProgress();
    for (let i = 0; i < 3; i += 1) progress.take(bytes("x".repeat(1_000_000)));
    expect(progress.failure()).toBe("the engine's progress is not readable");
  });
});
