/** Where images come from: OCI layouts, archives of `docker save`, what an engine gives. */
export { ImagesError, type ImagesErrorCode } from "./errors.ts";
export type { Limits } from "./limits.ts";
export { openImage, type ImageInput, type OpenImage, type OpenOptions } from "./open-image.ts";
export type { ArchiveInput } from "./set-aside.ts";
