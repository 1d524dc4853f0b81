import { CodedError } from "#domain/kernel";

export type DockerErrorCode = "docker/unreachable" | "docker/answer-malformed" | "docker/refused";

/** The engine could not be asked, or answered what we do not understand or did not want. */
export class DockerError extends CodedError<DockerErrorCode> {
  /** The HTTP status of the engine's answer, where there was one. */
  readonly status: number | undefined;

  constructor(
    code: DockerErrorCode,
    message: string,
    options?: ErrorOptions & { status?: number },
  ) {
    super(code, message, options);
    this.status = options?.status;
  }
}

/** Which engine is meant cannot be made out, or it cannot be reached from here. */
export class EngineAddressError extends CodedError<
  "docker/address-unusable" | "docker/context-unknown" | "docker/file-unreadable"
> {}
