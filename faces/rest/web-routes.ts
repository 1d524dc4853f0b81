import { get, head, type Context, type Reply, type Route } from "#faces/http";
import { problem } from "./error-replies.ts";
import { readWebFiles, type WebFile, type WebFiles } from "./web-files.ts";

/** Scripts come from files only; the control library writes style elements of its own. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join("; ");
const securityHeaders = {
  "content-security-policy": contentSecurityPolicy,
  "x-content-type-options": "nosniff",
  "referrer-policy": "same-origin",
  "cross-origin-opener-policy": "same-origin",
};
/** Below these, what is not there is not there: no page of the UI has such a path. */
const notPages = /^\/(?:api|v2|auth|assets)(?:\/|$)/;
const index = "/index.html";

/**
 * The web UI: the files of `directory`, read at the first request, and its one page for every path that
 * is a page of it. Comes after all other routes.
 */
export function webRoutes(directory: string): readonly Route[] {
  let reading: Promise<WebFiles> | undefined;
  const answer = async (context: Context): Promise<Reply> => {
    reading ??= readWebFiles(directory);
    try {
      const files = await reading;
      if (files.size === 0) reading = undefined; // not built yet: look again next time
      return replyOf(context, files);
    } catch (error) {
      reading = undefined;
      throw error;
    }
  };
  return [get("/", answer), head("/", answer), get("/:path+", answer), head("/:path+", answer)];
}

function replyOf({ path, request }: Context, files: WebFiles): Reply {
  const wantsPage = (request.headers.accept ?? "").includes("text/html") && !notPages.test(path);
  const file = files.get(path) ?? (wantsPage || path === "/" ? files.get(index) : undefined);
  if (file === undefined)
    return problem(404, { code: "rest/not-found", message: "there is nothing here" });
  const headers = headersOf(file);
  if (request.headers["if-none-match"] === file.etag) return { status: 304, headers };
  const takesGzip = /\bgzip\b/.test(String(request.headers["accept-encoding"] ?? ""));
  const isPacked = takesGzip && file.gzipped !== undefined;
  const body = isPacked ? file.gzipped : file.bytes;
  return {
    status: 200,
    headers: {
      ...headers,
      "content-length": String(body.length),
      ...(isPacked ? { "content-encoding": "gzip" } : {}),
    },
    body,
  };
}

function headersOf(file: WebFile): Record<string, string> {
  return {
    ...securityHeaders,
    "content-type": file.type,
    "cache-control": file.isImmutable ? "public, max-age=31536000, immutable" : "no-cache",
    etag: file.etag,
    vary: "accept-encoding",
  };
}
