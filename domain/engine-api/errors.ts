import { CodedError } from "#domain/kernel";

export type EngineApiErrorCode =
  | "engine-api/target-malformed"
  | "engine-api/query-malformed"
  | "engine-api/version-unsupported"
  | "engine-api/operation-unknown"
  | "engine-api/operation-closed"
  | "engine-api/content-type"
  | "engine-api/key-spelling"
  | "engine-api/body-malformed"
  | "engine-api/image-missing"
  | "engine-api/image-malformed"
  | "engine-api/dockerfile-unclear";

/** A request that the engine and we might read differently, or not at all. The message is for its sender. */
export class EngineApiError extends CodedError<EngineApiErrorCode> {}
