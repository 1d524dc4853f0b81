import { CodedError } from "#domain/kernel";

export type OciErrorCode =
  | "oci/digest-invalid"
  | "oci/reference-invalid"
  | "oci/host-invalid"
  | "oci/repository-invalid"
  | "oci/tag-invalid"
  | "oci/scope-invalid"
  | "oci/manifest-invalid";

/** Text from outside that does not follow the grammar it should. The message quotes at most its start. */
export class OciError extends CodedError<OciErrorCode> {}
