/** `countersign serve`: all faces in one process. */
export type { ServerError, ServerErrorCode } from "./errors.ts";
export { serve, type ServeOptions } from "./serve.ts";
