/** Brings an image from wherever it is into a registry. */
export { PublisherError, type PublisherErrorCode } from "./errors.ts";
export type { Content, ImageRegistry, ImageSource } from "./ports.ts";
export {
  publishImage,
  type PublishedImage,
  type PublishOptions,
  type PublishParts,
  type PublishProgress,
} from "./publish-image.ts";
