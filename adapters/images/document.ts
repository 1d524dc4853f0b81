import type { z } from "zod";
import { JsonError, readJson } from "#domain/json";
import type { Content } from "#services/publisher";
import { malformed } from "./errors.ts";
import { allOf } from "./image-files.ts";
import type { Limits } from "./limits.ts";

/** Reads a JSON file in the shape that we rely on. Throws `images/malformed`, `images/too-large`. */
export async function readDocument<Schema extends z.ZodType>(
  content: Content,
  schema: Schema,
  { name, limits }: { readonly name: string; readonly limits: Limits },
): Promise<z.infer<Schema>> {
  const bytes = await allOf(content, limits.maxDocumentBytes);
  return parseDocument(bytes, schema, { name, limits });
}

export function parseDocument<Schema extends z.ZodType>(
  bytes: Uint8Array,
  schema: Schema,
  { name, limits }: { readonly name: string; readonly limits: Limits },
): z.infer<Schema> {
  try {
    const read = schema.safeParse(readJson(bytes, { maxBytes: limits.maxDocumentBytes }));
    if (read.success) return read.data;
    throw malformed(`${name} is not as it should be`);
  } catch (error) {
    if (error instanceof JsonError) throw malformed(`${name} is no JSON`, error);
    throw error;
  }
}
