/** Both ends included. */
export type Range = { readonly start: number; readonly end: number };

const CONTENT_RANGE = /^(?:bytes[ =])?([0-9]{1,15})-([0-9]{1,15})(?:\/(?:[0-9]{1,15}|\*))?$/;
const RANGE = /^bytes=([0-9]{0,15})-([0-9]{0,15})$/;

/**
 * Reads the `Content-Range` of an upload: `0-1023` as registries write it (OCI distribution-spec,
 * "Pushing a blob in chunks"), or with the unit as HTTP does. Undefined when it is neither.
 */
export function tryContentRange(text: string): Range | undefined {
  const match = CONTENT_RANGE.exec(text);
  if (match === null) return undefined;
  const range = { start: Number(match[1]), end: Number(match[2]) };
  return range.end < range.start ? undefined : range;
}

/**
 * What of `size` bytes a `Range` header asks for (RFC 9110, section 14.2). A header that is not one range
 * of bytes is ignored, as HTTP wants it.
 */
export function rangeWithin(text: string | undefined, size: number): Range | "whole" | "outside" {
  const match = RANGE.exec(text ?? "");
  if (match === null) return "whole";
  const [, first = "", last = ""] = match;
  if (first === "" && last === "") return "whole";
  if (first === "") {
    const start = Math.max(0, size - Number(last));
    return Number(last) === 0 || size === 0 ? "outside" : { start, end: size - 1 };
  }
  const start = Number(first);
  const end = last === "" ? size - 1 : Math.min(Number(last), size - 1);
  if (last !== "" && Number(last) < start) return "whole";
  return start >= size ? "outside" : { start, end };
}
