/** The few names that every room uses. */
export type { Brand } from "./brand.ts";
export { CodedError } from "./coded-error.ts";
export type { Clock, Instant } from "./instant.ts";
export type { Options } from "./options.ts";
export { mapBounded } from "./map-bounded.ts";
export { unreachable } from "./unreachable.ts";
