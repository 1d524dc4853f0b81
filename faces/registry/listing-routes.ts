import type { AccountName, RightOnRepository } from "#domain/identity";
import type { Options } from "#domain/kernel";
import {
  ociIndexMediaType,
  parseDigest,
  parseRepositoryName,
  parseTag,
  type RepositoryName,
} from "#domain/oci";
import { get, json, param, type Context, type Reply, type Route } from "#faces/http";
import type { Referrer, RegistryService } from "#services/registry";
import { errorReply } from "./error-replies.ts";
import type { Guard } from "./guard.ts";

/** What an account, or with `undefined` anybody, may do with a repository now. */
export interface RepositoryAccess {
  rightOn(
    account: AccountName | undefined,
    repository: RepositoryName,
    o: Options,
  ): Promise<RightOnRepository>;
}

const maxPerPage = 1_000;
const referrersPerPage = 1_000;
const maxArtifactTypeCharacters = 255;
const countInvalid = errorReply(400, "PAGINATION_NUMBER_INVALID", "n is not a number of items");

export function listingRoutes(
  registry: RegistryService,
  guard: Guard,
  access: RepositoryAccess,
): readonly Route[] {
  return [
    get(
      "/v2/:repository+/tags/list",
      guard.repository("pull", async (context, { repository }) => {
        const page = pageOf(context, parseTag);
        if (page === undefined) return countInvalid;
        const found = await registry.tagPage(repository, page.oneMore, context);
        const tags = found.slice(0, page.limit).map(({ tag }) => tag);
        const more = found.length > page.limit;
        return json(
          200,
          { name: repository, tags },
          more ? nextPage(context, tags, page.limit) : {},
        );
      }),
    ),

    get(
      "/v2/:repository+/referrers/:digest",
      guard.repository("pull", async (context, { repository }) => {
        const subject = parseDigest(param(context, "digest"));
        const artifactType =
          context.query.get("artifactType")?.slice(0, maxArtifactTypeCharacters) || undefined;
        const last = context.query.get("last");
        const after = last === null ? undefined : parseDigest(last);
        const found = await registry.referrers(
          { repository, subject, artifactType, after, limit: referrersPerPage + 1 },
          context,
        );
        return referrersReply(context, found, artifactType !== undefined);
      }),
    ),

    get(
      "/v2/_catalog",
      guard.anybody(
        { type: "registry", name: "catalog", actions: new Set(["*"]) },
        async (context, { account }) => {
          const page = pageOf(context, parseRepositoryName);
          if (page === undefined) return countInvalid;
          const found = await registry.catalog(
            page.oneMore,
            async (some, o) => {
              const readable = new Set<RepositoryName>();
              for (const { name } of some)
                if ((await access.rightOn(account, name, o)) !== "none") readable.add(name);
              return readable;
            },
            context,
          );
          const repositories = found.slice(0, page.limit);
          const more = found.length > page.limit;
          return json(
            200,
            { repositories },
            more ? nextPage(context, repositories, page.limit) : {},
          );
        },
      ),
    ),
  ];
}

function referrersReply(context: Context, found: readonly Referrer[], isFiltered: boolean): Reply {
  const shown = found.slice(0, referrersPerPage);
  const manifests = shown.map(({ digest, mediaType, size, artifactType, annotations }) => ({
    mediaType,
    digest,
    size,
    ...(artifactType === undefined ? {} : { artifactType }),
    ...(annotations.size === 0 ? {} : { annotations: Object.fromEntries(annotations) }),
  }));
  const digests = shown.map(({ digest }) => digest);
  return json(
    200,
    { schemaVersion: 2, mediaType: ociIndexMediaType, manifests },
    {
      "content-type": ociIndexMediaType,
      ...(isFiltered ? { "oci-filters-applied": "artifactType" } : {}),
      ...(found.length > referrersPerPage ? nextPage(context, digests) : {}),
    },
  );
}

/** `n` and `last` (OCI distribution-spec, "Listing Tags"), asking for one more to see whether there is one. */
function pageOf<Key extends string>({ query }: Context, parse: (text: string) => Key) {
  const n = query.get("n");
  if (n !== null && !/^[0-9]{1,9}$/.test(n)) return undefined;
  const limit = Math.min(n === null ? maxPerPage : Number(n), maxPerPage);
  const last = query.get("last");
  const after = last === null || last === "" ? undefined : parse(last);
  return { limit, oneMore: { after, limit: limit === 0 ? 0 : limit + 1 } };
}

function nextPage(
  { path, query }: Context,
  shown: readonly string[],
  limit?: number,
): Record<string, string> {
  const last = shown.at(-1);
  if (last === undefined) return {};
  const next = new URLSearchParams(query);
  next.set("last", last);
  if (limit !== undefined) next.set("n", String(limit));
  return { link: `<${path}?${next.toString()}>; rel="next"` };
}
