import {
  isDigest,
  maxManifestBytes,
  parseDigest,
  parseTag,
  type Digest,
  type Tag,
} from "#domain/oci";
import {
  del,
  empty,
  get,
  head,
  param,
  put,
  readBytes,
  type Context,
  type Reply,
  type Route,
} from "#faces/http";
import type { RegistryService } from "#services/registry";
import type { Guard, Permitted } from "./guard.ts";

const path = "/v2/:repository+/manifests/:reference";

export function manifestRoutes(registry: RegistryService, guard: Guard): readonly Route[] {
  async function read(context: Context, { repository }: Permitted): Promise<Reply> {
    const found = await registry.readManifest(repository, referenceOf(context), context);
    const headers = {
      "content-type": found.mediaType,
      "docker-content-digest": found.digest,
      etag: `"${found.digest}"`,
      "cache-control": "private, no-cache",
    };
    if (context.request.headers["if-none-match"] === headers.etag) return { status: 304, headers };
    const length = { "content-length": String(found.bytes.length) };
    return { status: 200, headers: { ...headers, ...length }, body: found.bytes };
  }

  async function write(context: Context, { repository, grant }: Permitted): Promise<Reply> {
    const reference = referenceOf(context);
    const bytes = await readBytes(context.request, maxManifestBytes);
    const mediaType = context.request.headers["content-type"];
    const { digest, subject } = await registry.putManifest(
      { repository, reference, mediaType, bytes, by: grant.account },
      context,
    );
    return empty(201, {
      location: `/v2/${repository}/manifests/${digest}`,
      "docker-content-digest": digest,
      ...(subject === undefined ? {} : { "oci-subject": subject }),
    });
  }

  async function remove(context: Context, { repository, grant }: Permitted): Promise<Reply> {
    const reference = referenceOf(context);
    if (isDigest(reference))
      await registry.deleteManifest(repository, reference, grant.account, context);
    else await registry.deleteTag(repository, reference, grant.account, context);
    return empty(202);
  }

  return [
    get(path, guard.repository("pull", read)),
    head(path, guard.repository("pull", read)),
    put(path, guard.repository("push", write)),
    del(path, guard.repository("delete", remove)),
  ];
}

function referenceOf(context: Context): Tag | Digest {
  const text = param(context, "reference");
  return text.includes(":") ? parseDigest(text) : parseTag(text);
}
