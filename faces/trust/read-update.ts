import type { IncomingMessage } from "node:http";
import { Busboy, type BusboyFileStream, type BusboyHeaders } from "@fastify/busboy";
import { tryRoleName, type RoleName } from "#domain/tuf";
import { readBytes } from "#faces/http";
import { TrustWireError } from "./errors.ts";

const maxBodyBytes = 48 * 1_048_576;
const maxPartBytes = 32 * 1_048_576;
const maxParts = 1_100;

/**
 * Reads the multipart body of an update: a file per role, its name the role, with or without `.json`. The
 * last of two for one role wins. Throws `http/body-too-large` or a `TrustWireError`.
 */
export async function readUpdate(
  request: IncomingMessage,
): Promise<ReadonlyMap<RoleName, Uint8Array>> {
  const contentType = request.headers["content-type"] ?? "";
  if (!/^multipart\/form-data\s*;/i.test(contentType)) throw malformed();
  const headers = { ...request.headers, "content-type": contentType };
  const parts = await readParts(await readBytes(request, maxBodyBytes), headers);
  const files = new Map<RoleName, Uint8Array>();
  for (const { fileName, bytes } of parts) {
    if (fileName === undefined || fileName === "")
      throw new TrustWireError("trust-wire/no-filename", "a part has no file name");
    const text = fileName.replace(/\.json$/, "");
    const role = tryRoleName(text);
    if (role === undefined) throw new TrustWireError("trust-wire/role-invalid", text);
    files.set(role, bytes);
  }
  return files;
}

type Part = { readonly fileName: string | undefined; readonly bytes: Uint8Array };

async function readParts(body: Uint8Array, headers: BusboyHeaders): Promise<readonly Part[]> {
  try {
    return await new Promise((resolve, reject) => {
      const parts: Promise<Part>[] = [];
      const reader = new Busboy({
        headers,
        preservePath: true,
        isPartAFile: () => true,
        limits: { fileSize: maxPartBytes, parts: maxParts, files: maxParts, headerPairs: 32 },
      });
      reader.on("file", (_field, stream, fileName: string | undefined) => {
        const part = collect(stream, fileName);
        part.catch(reject);
        parts.push(part);
      });
      reader.on("partsLimit", () => reject(malformed()));
      reader.on("filesLimit", () => reject(malformed()));
      reader.on("error", reject);
      reader.on("finish", () => void Promise.all(parts).then(resolve, reject));
      reader.end(body);
    });
  } catch (cause) {
    throw malformed(cause);
  }
}

async function collect(stream: BusboyFileStream, fileName: string | undefined): Promise<Part> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream as AsyncIterable<Buffer>) chunks.push(chunk);
  if (stream.truncated) throw malformed();
  return { fileName, bytes: Buffer.concat(chunks) };
}

function malformed(cause?: unknown): TrustWireError {
  return new TrustWireError("trust-wire/upload-malformed", "not a multipart upload", { cause });
}
