import { JsonError } from "#domain/json";
import { OciError, type OciErrorCode } from "#domain/oci";
import { HttpError, json, type Context, type Reply } from "#faces/http";
import {
  ReferenceAbsentError,
  RegistryError,
  UploadOffsetError,
  type RegistryErrorCode,
} from "#services/registry";

/** An error as registries write it (OCI distribution-spec, "Error Codes"). */
export function errorReply(
  status: number,
  code: string,
  message: string,
  more: { readonly detail?: unknown; readonly headers?: Record<string, string> } = {},
): Reply {
  const { detail, headers } = more;
  const error = detail === undefined ? { code, message } : { code, message, detail };
  return json(status, { errors: [error] }, headers);
}

export const registryReplies = {
  "registry/repository-unknown": errorReply(404, "NAME_UNKNOWN", "no such repository"),
  "registry/blob-unknown": errorReply(404, "BLOB_UNKNOWN", "this repository has no such blob"),
  "registry/blob-in-use": errorReply(405, "UNSUPPORTED", "a manifest refers to this blob"),
  "registry/blob-too-large": errorReply(
    413,
    "SIZE_INVALID",
    "the blob is larger than is taken here",
  ),
  "registry/upload-gone": errorReply(404, "BLOB_UPLOAD_UNKNOWN", "this upload is not open"),
  "registry/upload-busy": errorReply(
    409,
    "BLOB_UPLOAD_INVALID",
    "another part of this upload is being written",
  ),
  "registry/upload-offset": errorReply(
    416,
    "BLOB_UPLOAD_INVALID",
    "this part does not begin where the last one ended",
  ),
  "registry/length-differs": errorReply(400, "SIZE_INVALID", "not as many bytes as were promised"),
  "registry/digest-differs": errorReply(400, "DIGEST_INVALID", "the content has another digest"),
  "registry/manifest-unknown": errorReply(
    404,
    "MANIFEST_UNKNOWN",
    "this repository has no such manifest",
  ),
  "registry/manifest-in-use": errorReply(405, "UNSUPPORTED", "an index lists this manifest"),
  "registry/reference-absent": errorReply(
    400,
    "MANIFEST_BLOB_UNKNOWN",
    "the manifest refers to content that this repository does not have",
  ),
  "registry/storage-full": errorReply(507, "TOOMANYREQUESTS", "the registry has no space left"),
} satisfies Record<RegistryErrorCode, Reply>;

const nameReplies = {
  "oci/digest-invalid": errorReply(400, "DIGEST_INVALID", "not a sha256 digest"),
  "oci/repository-invalid": errorReply(400, "NAME_INVALID", "not the name of a repository"),
  "oci/tag-invalid": errorReply(400, "TAG_INVALID", "not a tag"),
  "oci/manifest-invalid": errorReply(400, "MANIFEST_INVALID", "not a manifest that is kept here"),
  "oci/reference-invalid": errorReply(400, "NAME_INVALID", "not a reference"),
  "oci/host-invalid": errorReply(400, "NAME_INVALID", "not a registry's host"),
  "oci/scope-invalid": errorReply(400, "UNSUPPORTED", "not a scope"),
} satisfies Record<OciErrorCode, Reply>;

/** The reply to an error that came out of the registry or of reading a request to it. */
export function replyToError(error: unknown, context: Context): Reply | undefined {
  if (error instanceof UploadOffsetError) {
    const { headers, ...reply } = registryReplies[error.code];
    return { ...reply, headers: { ...headers, ...progress(context.path, error.receivedBytes) } };
  }
  if (error instanceof ReferenceAbsentError) {
    const { digest } = error;
    return errorReply(400, "MANIFEST_BLOB_UNKNOWN", "the repository does not have it", {
      detail: { digest },
    });
  }
  if (error instanceof RegistryError) return registryReplies[error.code];
  if (error instanceof OciError) {
    const isManifest = error.code === "oci/manifest-invalid";
    if (!isManifest) return nameReplies[error.code];
    return errorReply(400, "MANIFEST_INVALID", "not a manifest that is kept here", {
      detail: error.message,
    });
  }
  if (error instanceof JsonError)
    return errorReply(400, "MANIFEST_INVALID", "not JSON that is taken here");
  if (error instanceof HttpError)
    return errorReply(413, "SIZE_INVALID", "the body is larger than is taken here");
  return undefined;
}

/** How far an upload is: `Range` names its first and last byte, and says 0-0 while there is none. */
export function progress(location: string, receivedBytes: number): Record<string, string> {
  return {
    location,
    range: `0-${Math.max(0, receivedBytes - 1)}`,
    "docker-upload-uuid": location.slice(location.lastIndexOf("/") + 1),
  };
}
