import { CodedError } from "#domain/kernel";

export type PublisherErrorCode =
  /** The image names content that its source does not have, nor the registry. */
  | "publisher/content-missing"
  /** What the source gives is not what the image says of it. */
  | "publisher/content-differs"
  /** A manifest in the image is none that we push. */
  | "publisher/manifest-invalid"
  | "publisher/image-too-large";

/** An image that is not whole, or not what it says it is. */
export class PublisherError extends CodedError<PublisherErrorCode> {}
