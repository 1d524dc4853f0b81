import type { IncomingMessage } from "node:http";
import type { z } from "zod";
import { readJsonBody } from "#faces/http";
import { RestError } from "./errors.ts";

const maxBodyBytes = 65_536;

/** Reads a JSON body strictly. Throws `rest/content-type`, `rest/input-invalid`, or what reading JSON throws. */
export async function readBody<Schema extends z.ZodType>(
  request: IncomingMessage,
  schema: Schema,
): Promise<z.output<Schema>> {
  const [type] = (request.headers["content-type"] ?? "").split(";", 1);
  if (type?.trim().toLowerCase() !== "application/json")
    throw new RestError("rest/content-type", "expected application/json");
  return checked(schema, await readJsonBody(request, maxBodyBytes));
}

/** Reads a query strictly: no unknown name, and none twice. Throws `rest/input-invalid`. */
export function readQuery<Schema extends z.ZodType>(
  query: URLSearchParams,
  schema: Schema,
): z.output<Schema> {
  const names = [...query.keys()];
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined)
    throw new RestError("rest/input-invalid", "given twice", twice.slice(0, 80));
  return checked(schema, Object.fromEntries(query));
}

function checked<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const read = schema.safeParse(value);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  const field = issue?.path.map(String).join(".").slice(0, 80);
  throw new RestError(
    "rest/input-invalid",
    (issue?.message ?? "not valid").slice(0, 300),
    field === "" ? undefined : field,
  );
}
