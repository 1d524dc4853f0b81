import { malformed } from "./errors.ts";

/**
 * The name of a file in an archive as its parts, in the one way of writing it. A name that leads out of the archive
 * is refused, although nothing is ever written under the names of an archive. Throws `images/malformed`.
 */
export function entryName(written: string): string {
  const parts = written.split("/").filter((part) => part !== "" && part !== ".");
  // oxlint-disable-next-line no-control-regex -- what no file of an image has in its name
  const isStrange = written.startsWith("/") || /[\u0000-\u001f\u007f\\]/.test(written);
  if (isStrange || parts.length === 0 || parts.includes(".."))
    throw malformed("the archive has a name that leads out of it");
  return parts.join("/");
}

/** Where a symbolic link at `from` leads. Throws `images/malformed` when that is not in the archive. */
export function linkTarget(from: string, written: string): string {
  if (written.startsWith("/")) throw malformed("the archive has a link that leads out of it");
  const parts = from.split("/").slice(0, -1);
  for (const part of written.split("/"))
    if (part === "..") {
      if (parts.pop() === undefined) throw malformed("the archive has a link that leads out of it");
    } else if (part !== "." && part !== "") parts.push(part);
  return entryName(parts.join("/"));
}
