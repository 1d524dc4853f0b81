import { isDigest, isTag } from "#domain/oci";
import { EngineApiError } from "./errors.ts";
import { single, type Query } from "./query.ts";

/** What `POST /images/create` asks for. */
export type PullRequest =
  | {
      readonly kind: "pull";
      /** The repository as the client wrote it, without tag and digest. */
      readonly repository: string;
      readonly tag: string | undefined;
      readonly digest: string | undefined;
      /** `repository:tag` or `repository@digest`: what is judged. */
      readonly image: string;
      readonly platform: string | undefined;
    }
  | { readonly kind: "import"; readonly source: string };

/**
 * Reads the query of `POST /images/create` as the engine does: `tag` may hold a digest. Two tags, one of
 * them inside `fromImage`, are refused, for engines differ; so is a repository without either, which
 * means all its tags. Throws `engine-api/query-malformed` or `engine-api/image-malformed`.
 */
export function parsePullRequest(query: Query): PullRequest {
  const fromImage = single(query, "fromImage");
  const fromSrc = single(query, "fromSrc");
  if (fromImage !== undefined && fromSrc !== undefined)
    throw new EngineApiError("engine-api/query-malformed", "both fromImage and fromSrc are given");
  if (fromSrc !== undefined) return { kind: "import", source: fromSrc };
  if (fromImage === undefined) throw malformed("the request names no image");
  return pullOf(fromImage, single(query, "tag"), single(query, "platform"));
}

/** The query that asks an engine for exactly this pull. */
export function pullQuery(pull: PullRequest & { readonly kind: "pull" }): Query {
  const query = new Map<string, [string]>([
    ["fromImage", [pull.repository]],
    ["tag", [pull.digest ?? pull.tag ?? ""]],
  ]);
  return pull.platform === undefined ? query : query.set("platform", [pull.platform]);
}

function pullOf(
  fromImage: string,
  tagOrDigest: string | undefined,
  platform: string | undefined,
): PullRequest {
  const { repository, suffix } = split(fromImage);
  if (suffix !== undefined && tagOrDigest !== undefined && suffix !== tagOrDigest)
    throw malformed("the request names two tags or digests; name one");
  const wanted = tagOrDigest ?? suffix;
  if (wanted === undefined)
    throw malformed("pulling all tags of a repository is not possible here: name a tag or digest");
  const isByDigest = isDigest(wanted);
  if (!isByDigest && !isTag(wanted))
    throw malformed("the request's tag is neither a tag nor a sha256 digest");
  return {
    kind: "pull",
    repository,
    tag: isByDigest ? undefined : wanted,
    digest: isByDigest ? wanted : undefined,
    image: isByDigest ? `${repository}@${wanted}` : `${repository}:${wanted}`,
    platform,
  };
}

function split(fromImage: string): {
  readonly repository: string;
  readonly suffix: string | undefined;
} {
  if (!/^[\u0021-\u007e]{1,512}$/.test(fromImage)) throw malformed("fromImage is no reference");
  const mark = fromImage.indexOf("@");
  const named = mark < 0 ? fromImage : fromImage.slice(0, mark);
  const digest = mark < 0 ? undefined : fromImage.slice(mark + 1);
  const colon = named.lastIndexOf(":");
  const hasTag = colon > named.lastIndexOf("/");
  const tag = hasTag ? named.slice(colon + 1) : undefined;
  // With a digest beside it, a tag says nothing.
  return { repository: hasTag ? named.slice(0, colon) : named, suffix: digest ?? tag };
}

function malformed(message: string): EngineApiError {
  return new EngineApiError("engine-api/image-malformed", message);
}
