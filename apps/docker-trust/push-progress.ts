import { z } from "zod";
import { JsonError, readJson } from "#domain/json";
import { isDigest } from "#domain/oci";
import { failure } from "./errors.ts";

const maxLineBytes = 1_048_576;

const Message = z.object({
  id: z.string().default(""),
  status: z.string().default(""),
  stream: z.string().default(""),
  progress: z.string().default(""),
  error: z.string().optional(),
  errorDetail: z.object({ message: z.string().default("") }).optional(),
  aux: z.unknown().optional(),
});

/** What the engine says at the end of a push. */
const Result = z.object({ Tag: z.string().min(1), Digest: z.string(), Size: z.int().min(0) });

export type Pushed = { readonly sha256: string; readonly length: number };

/**
 * Reads the engine's answer to a push, a line of JSON at a time, and shows it as docker does where nothing can
 * be drawn: what is news, and no bars. Throws `docker-trust/failed` with the engine's words.
 */
export async function followPush(
  lines: AsyncIterable<Buffer>,
  show: (text: string) => void,
): Promise<Pushed> {
  let pushed: Pushed | undefined;
  for await (const line of eachLine(lines)) {
    const message = Message.safeParse(read(line));
    if (!message.success) throw failure("the engine's answer to the push cannot be read");
    const { id, status, stream, progress, error, errorDetail, aux } = message.data;
    if (errorDetail !== undefined || error !== undefined)
      throw failure(plain(errorDetail?.message || error || "the engine could not push the image"));
    if (aux !== undefined) {
      const result = Result.safeParse(aux);
      if (result.success && isDigest(result.data.Digest))
        pushed ??= { sha256: result.data.Digest.slice("sha256:".length), length: result.data.Size };
    } else if (stream !== "") show(plain(stream));
    else if (progress === "") show(`${plain(id === "" ? status : `${id}: ${status}`)}\n`);
  }
  if (pushed !== undefined) return pushed;
  throw failure("no targets found, provide a specific tag in order to sign it");
}

async function* eachLine(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void> {
  let rest = Buffer.alloc(0);
  for await (const chunk of chunks) {
    rest = Buffer.concat([rest, chunk]);
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
      const line = rest.subarray(0, end);
      rest = rest.subarray(end + 1);
      if (line.toString().trim() !== "") yield line;
    }
    if (rest.length > maxLineBytes) throw failure("the engine's answer to the push cannot be read");
  }
  if (rest.toString().trim() !== "") yield rest;
}

function read(line: Buffer): unknown {
  try {
    return readJson(line, { maxBytes: maxLineBytes });
  } catch (error) {
    if (error instanceof JsonError) return undefined;
    throw error;
  }
}

/** Words of an engine and of a registry behind it: none may drive the terminal. */
function plain(text: string): string {
  // oxlint-disable-next-line no-control-regex -- all of these but tabs and line breaks
  return text.replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, "");
}
