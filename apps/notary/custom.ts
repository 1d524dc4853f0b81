import { JsonError, readJson, type JsonValue } from "#domain/json";
import { failure } from "./errors.ts";
import type { Invocation } from "./invocation.ts";
import { readNamed } from "./system-errors.ts";

const maxBytes = 1_048_576;

/** The custom data of `--custom`. Signed metadata knows whole numbers only. Throws `notary/failed`. */
export async function customData({ world, flags }: Invocation): Promise<{ custom?: JsonValue }> {
  const file = flags.text("custom");
  if (file === "") return {};
  const bytes = await readNamed(world, file);
  try {
    return { custom: readJson(bytes, { maxBytes, wholeNumbers: true }) };
  } catch (error) {
    if (error instanceof JsonError)
      throw failure(`${file} is no JSON that can be signed: ${error.message}`, error);
    throw error;
  }
}
