import { readJson, type JsonObject } from "#domain/json";
import type { EngineAnswer } from "./transport.ts";

const maxLineCharacters = 1_048_576;
const unreadable = "the engine's progress is not readable";

/** Reads the engine's progress, JSON values one a line, as it passes by. */
export type Progress = {
  take(chunk: Uint8Array): void;
  /** The first failure so far. A line that is not what an engine writes counts as one. */
  failure(): string | undefined;
};

export function createProgress(): Progress {
  let rest = "";
  let first: string | undefined;
  const decoder = new TextDecoder();
  return {
    take(chunk) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
      rest = lines.pop() ?? "";
      if (rest.length > maxLineCharacters) {
        rest = "";
        first ??= unreadable;
      }
      for (const line of lines) first ??= failureOf(line);
    },
    failure: () => first ?? failureOf(rest),
  };
}

/** The first failure in a progress stream, read to its end. */
export async function failureIn(answer: EngineAnswer): Promise<string | undefined> {
  const progress = createProgress();
  for await (const chunk of answer.body as AsyncIterable<Buffer>) progress.take(chunk);
  return progress.failure();
}

function failureOf(line: string): string | undefined {
  if (line.trim() === "") return undefined;
  try {
    const value = readJson(line, { maxBytes: maxLineCharacters }) as JsonObject;
    const error = value["error"] ?? (value["errorDetail"] as JsonObject | undefined)?.["message"];
    return typeof error === "string" || error === undefined ? error : "the pull failed";
  } catch {
    return unreadable; // so nothing may rest on this pull
  }
}
