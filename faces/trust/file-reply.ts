import { isAscii } from "node:buffer";
import type { Reply } from "#faces/http";
import type { StoredFile } from "#services/trust";
import type { AskedFile } from "./file-name.ts";

type Made = { byContent?: Reply; byName?: Reply };

/** Above this, a second copy of a file costs more memory than it saves time. */
const maxTextBytes = 65_536;

const made = new WeakMap<StoredFile, Made>();

/**
 * The answer that gives a file. A file that the store remembers is one object, and so is its answer. What is
 * named by its content never changes; all else must be asked for each time.
 */
export function fileReply(asked: AskedFile, file: StoredFile): Reply {
  let replies = made.get(file);
  if (replies === undefined) {
    replies = {};
    made.set(file, replies);
  }
  if (asked.kind === "by-checksum")
    return (replies.byContent ??= replyWith(file, { "cache-control": "private, max-age=2592000" }));
  return (replies.byName ??= replyWith(file, {
    "cache-control": "max-age=0, no-cache, no-store",
    pragma: "no-cache",
  }));
}

function replyWith(file: StoredFile, caching: Readonly<Record<string, string>>): Reply {
  return {
    status: 200,
    headers: {
      "content-type": "application/json; charset=utf-8",
      "content-length": String(file.bytes.length),
      "last-modified": new Date(file.storedAt).toUTCString(),
      ...caching,
    },
    body: bodyOf(file.bytes),
  };
}

/** Text goes out in one piece with the headers, where bytes are a piece of their own. */
function bodyOf(bytes: Uint8Array): string | Uint8Array {
  if (bytes.length > maxTextBytes || !isAscii(bytes)) return bytes;
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}
