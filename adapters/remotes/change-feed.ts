import type { Instant } from "#domain/kernel";
import type { FeedRecord } from "#services/signer";
import { RemoteError } from "./errors.ts";
import { jsonObject, objectOf, textOf } from "./json.ts";

export const maxFeedBytes = 4_194_304;
const SHA256 = /^[0-9a-f]{64}$/;

/** Reads a page of a change feed, oldest first. Throws `remotes/answer-unexpected`. */
export function feedIn(body: Uint8Array): readonly FeedRecord[] {
  const records = jsonObject(body, maxFeedBytes)?.["records"];
  if (records === null) return [];
  if (!Array.isArray(records)) throw noFeed();
  return records.map((value) => {
    const record = objectOf(value) ?? {};
    const id = textOf(record["ID"]);
    const at: Instant = Date.parse(textOf(record["CreatedAt"]) ?? "");
    const version = record["Version"];
    const sha256 = textOf(record["SHA256"]) ?? "";
    const isDeletion = record["Category"] === "deletion";
    if (id === undefined || Number.isNaN(at) || typeof version !== "number") throw noFeed();
    if (isDeletion) return { kind: "deletion", id, at };
    if (!SHA256.test(sha256)) throw noFeed();
    return { kind: "update", id, at, version, sha256 };
  });
}

function noFeed(): RemoteError {
  return new RemoteError("remotes/answer-unexpected", "the server's answer is no change feed");
}
