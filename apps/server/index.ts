/** `countersign serve`: all faces in one process. */
export { ServerError, type ServerErrorCode } from "./errors.ts";
export { serve, type ServeOptions } from "./serve.ts";
