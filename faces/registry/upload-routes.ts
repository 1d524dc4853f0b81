import { parseDigest, parseRepositoryName, type Digest, type RepositoryName } from "#domain/oci";
import {
  del,
  empty,
  get,
  param,
  patch,
  post,
  put,
  type Context,
  type Reply,
  type Route,
} from "#faces/http";
import { parseUploadId, type Part, type RegistryService, type UploadId } from "#services/registry";
import { tryContentRange } from "./byte-ranges.ts";
import { errorReply, progress } from "./error-replies.ts";
import { permits, type Guard, type Permitted } from "./guard.ts";

const start = "/v2/:repository+/blobs/uploads/";
const session = "/v2/:repository+/blobs/uploads/:upload";

export function uploadRoutes(registry: RegistryService, guard: Guard): readonly Route[] {
  async function begin(context: Context, permitted: Permitted): Promise<Reply> {
    const { query, signal } = context;
    const { repository } = permitted;
    const mount = query.get("mount");
    if (mount !== null && (await mounted(context, permitted, parseDigest(mount))))
      return stored(repository, parseDigest(mount));
    const whole = query.get("digest");
    if (whole !== null && hasBody(context)) {
      const part = partOf(context);
      if (part === undefined) return rangeInvalid;
      const finish = { digest: parseDigest(whole), part, by: permitted.grant.account };
      const { digest } = await registry.putBlob(repository, finish, { signal });
      return stored(repository, digest);
    }
    const upload = await registry.startUpload(repository, { signal });
    return empty(202, progress(locationOf(repository, upload), 0));
  }

  /** A blob moves over only when the asker may read it where it is; otherwise it is simply uploaded. */
  async function mounted(
    { query, signal }: Context,
    { repository, grant }: Permitted,
    digest: Digest,
  ): Promise<boolean> {
    const named = query.get("from");
    if (named === null) return false;
    const from = parseRepositoryName(named);
    if (!permits(grant, from, "pull")) return false;
    return await registry.mountBlob({ from, to: repository, digest }, grant.account, { signal });
  }

  async function append(context: Context, { repository }: Permitted): Promise<Reply> {
    const upload = parseUploadId(param(context, "upload"));
    const part = partOf(context);
    if (part === undefined) return rangeInvalid;
    const received = await registry.appendUpload(repository, upload, part, context);
    return empty(202, progress(locationOf(repository, upload), received));
  }

  async function finish(context: Context, { repository, grant }: Permitted): Promise<Reply> {
    const upload = parseUploadId(param(context, "upload"));
    const digest = parseDigest(context.query.get("digest") ?? "");
    const by = grant.account;
    if (!hasBody(context)) {
      await registry.finishUpload(repository, upload, { digest, by }, context);
      return stored(repository, digest);
    }
    const part = partOf(context);
    if (part === undefined) return rangeInvalid;
    await registry.finishUpload(repository, upload, { digest, part, by }, context);
    return stored(repository, digest);
  }

  return [
    post(start, guard.repository("push", begin)),
    patch(session, guard.repository("push", append)),
    put(session, guard.repository("push", finish)),
    get(
      session,
      guard.repository("push", async (context, { repository }) => {
        const upload = parseUploadId(param(context, "upload"));
        const received = await registry.uploadedBytes(repository, upload, context);
        return { status: 204, headers: progress(locationOf(repository, upload), received) };
      }),
    ),
    del(
      session,
      guard.repository("push", async (context, { repository }) => {
        await registry.cancelUpload(repository, parseUploadId(param(context, "upload")), context);
        return { status: 204 };
      }),
    ),
  ];
}

const rangeInvalid = errorReply(
  400,
  "BLOB_UPLOAD_INVALID",
  "Content-Range is not a range of bytes",
);

function locationOf(repository: RepositoryName, upload: UploadId): string {
  return `/v2/${repository}/blobs/uploads/${upload}`;
}

function stored(repository: RepositoryName, digest: Digest): Reply {
  return empty(201, {
    location: `/v2/${repository}/blobs/${digest}`,
    "docker-content-digest": digest,
  });
}

function hasBody({ request: { headers } }: Context): boolean {
  return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
}

/** What the request brings of an upload; undefined when its `Content-Range` cannot be read. */
function partOf({ request }: Context): Part | undefined {
  const { "content-range": written, "content-length": length } = request.headers;
  const range = written === undefined ? undefined : tryContentRange(written);
  if (written !== undefined && range === undefined) return undefined;
  return {
    body: request,
    ...(range === undefined ? {} : { range }),
    ...(length === undefined ? {} : { length: Number(length) }),
  };
}
