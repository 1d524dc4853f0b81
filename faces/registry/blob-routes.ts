import { parseDigest } from "#domain/oci";
import { del, empty, get, head, param, type Context, type Reply, type Route } from "#faces/http";
import type { RegistryService } from "#services/registry";
import { rangeWithin } from "./byte-ranges.ts";
import { errorReply } from "./error-replies.ts";
import { permits, type Guard, type Permitted } from "./guard.ts";

const path = "/v2/:repository+/blobs/:digest";

export function blobRoutes(registry: RegistryService, guard: Guard): readonly Route[] {
  async function read(context: Context, { repository, grant }: Permitted): Promise<Reply> {
    const { signal, request } = context;
    const digest = parseDigest(param(context, "digest"));
    const isPush = request.method === "HEAD" && permits(grant, repository, "push");
    const size = isPush
      ? await registry.reserveBlob(repository, digest, { signal })
      : await registry.blobSize(repository, digest, { signal });
    const headers = {
      "content-type": "application/octet-stream",
      "docker-content-digest": digest,
      etag: `"${digest}"`,
      "accept-ranges": "bytes",
      "cache-control": "private, max-age=31536000, immutable",
    };
    if (request.headers["if-none-match"] === headers.etag) return { status: 304, headers };
    if (request.method === "HEAD")
      return { status: 200, headers: { ...headers, "content-length": String(size) } };
    const range = rangeWithin(request.headers.range, size);
    if (range === "outside")
      return errorReply(416, "SIZE_INVALID", "the blob does not reach that far", {
        headers: { "content-range": `bytes */${size}` },
      });
    if (range === "whole") {
      const body = await registry.readBlob(repository, digest, undefined, { signal });
      return { status: 200, headers: { ...headers, "content-length": String(size) }, body };
    }
    const { start, end } = range;
    const part = {
      "content-length": String(end - start + 1),
      "content-range": `bytes ${start}-${end}/${size}`,
    };
    const body = await registry.readBlob(repository, digest, range, { signal });
    return { status: 206, headers: { ...headers, ...part }, body };
  }

  return [
    get(path, guard.repository("pull", read)),
    head(path, guard.repository("pull", read)),
    del(
      path,
      guard.repository("delete", async (context, { repository }) => {
        const digest = parseDigest(param(context, "digest"));
        await registry.deleteBlob(repository, digest, { signal: context.signal });
        return empty(202, { "docker-content-digest": digest });
      }),
    ),
  ];
}
