import { CodedError } from "#domain/kernel";

export type ImagesErrorCode =
  /** No image can be read from it: not of that kind, broken, or made to mislead. */
  | "images/malformed"
  | "images/too-large"
  /** A layer is not what the image's config says of it. */
  | "images/content-differs"
  /** There is no image of that name in it. */
  | "images/not-found"
  /** There are several images in it, and none was named. */
  | "images/ambiguous"
  /** It is not there, or may not be read. */
  | "images/unreadable"
  /** There is no room for what has to be put aside. */
  | "images/no-space";

/** A folder or an archive that no image can be taken from. */
export class ImagesError extends CodedError<ImagesErrorCode> {
  /** The images that are there, as they can be asked for. */
  readonly names: readonly string[];

  constructor(
    code: ImagesErrorCode,
    message: string,
    options: ErrorOptions & { readonly names?: readonly string[] } = {},
  ) {
    super(code, message, options);
    this.names = options.names ?? [];
  }
}

export function malformed(what: string, cause?: unknown): ImagesError {
  return new ImagesError("images/malformed", what, { cause });
}

export function tooLarge(what: string): ImagesError {
  return new ImagesError("images/too-large", what);
}

/** What the system says of a file, in our words; anything else as it is. */
export function fileError(error: unknown, what: string): unknown {
  if (!(error instanceof Error) || !("code" in error)) return error;
  switch (error.code) {
    case "ENOSPC":
    case "EDQUOT":
    case "EFBIG":
      return new ImagesError("images/no-space", "there is no room to put layers aside", {
        cause: error,
      });
    case "ENOENT":
    case "ENOTDIR":
      return new ImagesError("images/unreadable", `${what} is not there`, { cause: error });
    case "EACCES":
    case "EPERM":
    case "EISDIR":
    case "EIO":
    case "ELOOP":
    case "ENXIO":
      return new ImagesError("images/unreadable", `${what} cannot be read`, { cause: error });
    default:
      return error;
  }
}
