import type { Gun, ScopeAction } from "#domain/oci";
import { keyJson } from "#domain/tuf";
import {
  del,
  empty,
  get,
  head,
  json,
  param,
  post,
  put,
  type Context,
  type Face,
  type Handler,
  type Metrics,
  type Reply,
  type Route,
} from "#faces/http";
import type { TokenVerifier } from "#services/accounts";
import { TrustError, type Change, type StoredFile, type TrustService } from "#services/trust";
import { authorize, catalogScope, repositoryScope } from "./authorize.ts";
import { changeQuery } from "./change-query.ts";
import { nothingThere, replyTo, type Challenge } from "./error-replies.ts";
import { TrustWireError } from "./errors.ts";
import { askedFile, type AskedFile } from "./file-name.ts";
import { fileReply } from "./file-reply.ts";
import { health } from "./health.ts";
import { measuring, type Operation } from "./measure.ts";
import { readUpdate } from "./read-update.ts";

export type TrustFaceParts = {
  readonly trust: TrustService;
  readonly tokens: TokenVerifier;
  /** Where clients fetch their tokens. */
  readonly challenge: Challenge;
  /** Where requests are counted, if anywhere. */
  readonly metrics?: Metrics;
  /** What a read waits for, so that those that came in at one time share a look at the store. */
  readonly together?: () => Promise<void>;
};

const tuf = "/v2/:gun+/_trust/tuf";

/** Notary's server protocol, version 1, for the repositories of our own registry. */
export function trustFace(parts: TrustFaceParts): Face {
  const reply: Face["replyTo"] = (error, context) => replyTo(error, context, parts.challenge);
  const measure = measuring(parts.metrics, reply);
  const measured = (
    operation: Operation | ((context: Context) => Operation),
    routes: readonly Route[],
  ): readonly Route[] =>
    routes.map((route) => ({
      ...route,
      handler: measure(typeof operation === "string" ? () => operation : operation, route.handler),
    }));
  return {
    routes: [
      ...measured("changefeed", feeds(parts)),
      ...measured((context) => operationOf(askedFile(param(context, "file"))), [reads(parts)]),
      ...measured("publish", [publish(parts)]),
      ...measured("rotate-key", [rotateKey(parts)]),
      ...measured("delete", [remove(parts)]),
      ...measured("health", [get("/_notary_server/health", health(parts.trust))]),
      ...measured("other", leftovers(parts.tokens)),
    ],
    replyTo: reply,
  };
}

function feeds(parts: TrustFaceParts): readonly Route[] {
  const { trust } = parts;
  return [
    get("/v2/_trust/changefeed", async (context) => {
      await authorize(parts.tokens, context, catalogScope);
      return feed(await trust.changes(changeQuery(undefined, context.query), context));
    }),
    get("/v2/:gun+/_trust/changefeed", async (context) => {
      const gun = await open(parts, context, "pull");
      return feed(await trust.changes(changeQuery(gun, context.query), context));
    }),
  ];
}

function reads(parts: TrustFaceParts): Route {
  const { trust } = parts;
  return get(`${tuf}/:file+`, async (context) => {
    await parts.together?.();
    const asked = askedFile(param(context, "file"));
    if (asked?.kind === "key") {
      const gun = await open(parts, context, "push", "pull");
      return keyReply(await trust.serverKey(gun, asked.role, context));
    }
    const gun = await open(parts, context, "pull");
    if (asked === undefined) return nothingThere;
    return fileReply(asked, await fileOf(trust, { gun, asked }, context));
  });
}

function publish({ trust, tokens }: TrustFaceParts): Route {
  return post(`${tuf}/`, async (context) => {
    const gun = trust.gunOf(param(context, "gun"));
    await authorize(tokens, context, repositoryScope(gun, "push", "pull"));
    await trust.update(gun, await readUpdate(context.request), context);
    context.log.info({ event: "trust.updated", gun }, "trust data published");
    return empty(200);
  });
}

function rotateKey(parts: TrustFaceParts): Route {
  return post(`${tuf}/:file+`, async (context) => {
    const asked = askedFile(param(context, "file"));
    // Notary asks for "*" here. A new key changes nothing until a root names it, and that is a push:
    // whoever may publish may also hand the snapshot over to the server.
    const gun = await open(parts, context, "push", "pull");
    if (asked?.kind !== "key") return nothingThere;
    context.log.info({ event: "trust.key-rotated", gun, role: asked.role }, "new server key");
    return keyReply(await parts.trust.rotateKey(gun, asked.role, context));
  });
}

function remove(parts: TrustFaceParts): Route {
  return del(`${tuf}/`, async (context) => {
    const gun = await open(parts, context, "*");
    await parts.trust.remove(gun, context);
    context.log.info({ event: "trust.removed", gun }, "trust data removed");
    return empty(200);
  });
}

/** Whatever else is asked under the trust server's paths is not there, once we know who asks. */
function leftovers(tokens: TokenVerifier): readonly Route[] {
  const handler: Handler = async (context) => {
    await authorize(tokens, context, catalogScope);
    return nothingThere;
  };
  const patterns = [
    "/v2/_trust/changefeed",
    "/v2/:gun+/_trust",
    "/v2/:gun+/_trust/",
    "/v2/:gun+/_trust/:rest+",
    "/v2/:gun+/_trust/:rest+/",
    "/_notary_server/:rest+",
  ];
  return patterns.flatMap((pattern) =>
    [get, head, post, put, del].map((method) => method(pattern, handler)),
  );
}

function operationOf(asked: AskedFile | undefined): Operation {
  switch (asked?.kind) {
    case "current":
    case "by-checksum":
    case "by-version":
    case "key":
      return `get-${asked.kind}`;
    case "never":
    case undefined:
      return "other";
  }
}

/** Reads the repository of a request and checks that its token allows `actions` there. */
async function open(
  parts: TrustFaceParts,
  context: Context,
  ...actions: readonly ScopeAction[]
): Promise<Gun> {
  const gun = knownGun(parts.trust, param(context, "gun"));
  await authorize(parts.tokens, context, repositoryScope(gun, ...actions));
  return gun;
}

/** Outside an update, a name that is none of ours is one that has no trust data. */
function knownGun(trust: TrustService, text: string): Gun {
  try {
    return trust.gunOf(text);
  } catch (cause) {
    if (cause instanceof TrustError && cause.code === "trust/gun-refused")
      throw new TrustWireError("trust-wire/nothing-there", "no repository of ours", { cause });
    throw cause;
  }
}

async function fileOf(
  trust: TrustService,
  { gun, asked }: { readonly gun: Gun; readonly asked: Exclude<AskedFile, { kind: "key" }> },
  context: Context,
): Promise<StoredFile> {
  const found = await (() => {
    switch (asked.kind) {
      case "current":
        return trust.current(gun, asked.role, context);
      case "by-checksum":
        return trust.byChecksum(gun, asked.role, asked.sha256, context);
      case "by-version":
        return trust.byVersion(gun, asked.role, asked.version, context);
      case "never":
        return undefined;
    }
  })();
  if (found === undefined) throw new TrustError("trust/not-found", "no such metadata");
  return found;
}

function keyReply(key: Parameters<typeof keyJson>[0]): Reply {
  const { keytype, keyval } = keyJson(key);
  return json(200, { keytype, keyval: { public: keyval.public, private: null } });
}

function feed(changes: readonly Change[]): Reply {
  const records = changes.map(({ id, at, gun, version, sha256, category }) => ({
    ID: String(id),
    CreatedAt: new Date(at).toISOString(),
    GUN: gun,
    Version: version,
    SHA256: sha256,
    Category: category,
  }));
  return json(200, { count: records.length, records });
}
