import { randomBytes } from "node:crypto";

/**
 * Files as Notary's clients send them (multipart/form-data, RFC 7578): each a part of the field `files` whose
 * file name is the role. Names must be role names: nothing in them is escaped.
 */
export function multipartOf(files: ReadonlyMap<string, Uint8Array>): {
  readonly contentType: string;
  readonly body: Uint8Array;
} {
  const boundary = randomBytes(30).toString("hex");
  const parts = [...files].flatMap(([name, bytes]) => [
    Buffer.from(
      `--${boundary}\r\nContent-Disposition: form-data; name="files"; filename="${name}"\r\n` +
        "Content-Type: application/octet-stream\r\n\r\n",
    ),
    bytes,
    Buffer.from("\r\n"),
  ]);
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    body: Buffer.concat([...parts, Buffer.from(`--${boundary}--\r\n`)]),
  };
}
