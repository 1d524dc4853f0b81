/** Our REST API, the web UI's files, health, and the authority's certificate. */
export type { RestError, RestErrorCode } from "./errors.ts";
export { createGatekeeping, type GatekeepingParts } from "./gatekeeping/create-gatekeeping.ts";
export type { Gatekeeping } from "./ports.ts";
export { restFace, type RestParts } from "./rest-face.ts";
