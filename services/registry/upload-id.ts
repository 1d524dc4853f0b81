import { randomUUID } from "node:crypto";
import type { Brand } from "#domain/kernel";
import { RegistryError } from "./errors.ts";

/** Names one upload session; not to be guessed, and safe as a file name. */
export type UploadId = Brand<string, "UploadId">;

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Reads an upload's id. Throws `registry/upload-gone`: what we never gave out is not open. */
export function parseUploadId(text: string): UploadId {
  if (!UUID.test(text)) throw new RegistryError("registry/upload-gone", "not an upload's id");
  return text as UploadId;
}

export function newUploadId(): UploadId {
  return parseUploadId(randomUUID());
}
