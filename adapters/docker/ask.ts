import type { z } from "zod";
import { readJson, type JsonValue } from "#domain/json";
import type { Options } from "#domain/kernel";
import { Problem } from "./answers.ts";
import { DockerError } from "./errors.ts";
import type { EngineAnswer, EngineCall, Transport } from "./transport.ts";

const maxAnswerBytes = 64 * 1_048_576;
const askMs = 60_000;

/** Asks for JSON; undefined when the engine knows no such thing (404). Throws a `DockerError`. */
export async function askRaw(
  transport: Transport,
  call: EngineCall,
  o: Options,
): Promise<JsonValue | undefined> {
  const signal = AbortSignal.any([o.signal, AbortSignal.timeout(askMs)]);
  const answer = await transport.send(call, { signal });
  const value = await readAnswer(answer);
  if (answer.status === 404) return undefined;
  if (answer.status >= 300) throw refused(answer.status, value);
  return value;
}

/** As `askRaw`, with the answer in the shape that we rely on. */
export async function ask<Schema extends z.ZodType>(
  transport: Transport,
  schema: Schema,
  call: EngineCall,
  o: Options,
): Promise<z.infer<Schema> | undefined> {
  const value = await askRaw(transport, call, o);
  if (value === undefined) return undefined;
  return shaped(schema, value);
}

/** The answer in the shape that we rely on. Throws `docker/answer-malformed`. */
export function shaped<Schema extends z.ZodType>(
  schema: Schema,
  value: JsonValue,
): z.infer<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new DockerError("docker/answer-malformed", "the engine's answer has another shape", {
    cause: parsed.error,
  });
}

/** Reads an answer to its end, as JSON; null when it has no body. */
export async function readAnswer(answer: EngineAnswer): Promise<JsonValue> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of answer.body as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxAnswerBytes)
      throw new DockerError("docker/answer-malformed", "the engine's answer is too large");
    chunks.push(chunk);
  }
  if (bytes === 0) return null;
  try {
    return readJson(Buffer.concat(chunks), { maxBytes: maxAnswerBytes, maxDepth: 64 });
  } catch (cause) {
    // Errors may be plain text; their status says enough.
    if (answer.status >= 300) return null;
    throw new DockerError("docker/answer-malformed", "the engine's answer is not JSON", { cause });
  }
}

export function refused(status: number, value: JsonValue): DockerError {
  const problem = Problem.safeParse(value);
  const message = problem.success ? problem.data.message : `the engine answered ${status}`;
  return new DockerError("docker/refused", message, { status });
}
