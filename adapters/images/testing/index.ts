/** Images of all kinds, made in memory. */
export { dockerArchive, imageOf, tar, type MadeEntry } from "./make-images.ts";
