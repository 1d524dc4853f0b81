import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { signRoot, signTargets } from "#domain/tuf/testing";
import {
  startServerPair,
  type Answer,
  type Ask,
  type ServerPair,
  type Side,
} from "../harness/notary-server-pair.ts";
import { missing } from "../harness/peers.ts";
import { ownerOnBoth, post, tufPath, type Part } from "./parity-publish.ts";

const gun = "registry.test/acme/web";
const tuf = tufPath(gun);
const sha = "a".repeat(64);
const form = { "content-type": "multipart/form-data; boundary=b" };

/** What of an answer a client can go by. Times, ids and the way a body is framed differ of themselves. */
type Seen = { readonly status: number; readonly code?: string; readonly detail?: unknown };

function seen({ status, body }: Answer): Seen {
  if (status < 400 || body.length === 0) return { status };
  expect(body.length).toBeLessThan(1_024);
  const { errors } = JSON.parse(body.toString()) as {
    readonly errors: readonly { readonly code: string; readonly detail?: unknown }[];
  };
  expect(errors).toHaveLength(1);
  const [error] = errors;
  return {
    status,
    code: error?.code ?? "",
    ...(error?.detail === undefined ? {} : { detail: error.detail }),
  };
}

const part = (name: string, text: string, end = "\r\n--b--\r\n"): Uint8Array =>
  Buffer.from(`--b\r\ncontent-disposition: form-data; name="files"; ${name}\r\n\r\n${text}${end}`);
const upload = (body: Uint8Array, headers: Ask["headers"] = form): Ask => ({
  method: "POST",
  path: tuf,
  body,
  headers: headers ?? {},
});

/** Requests that both servers answer alike: same status, code and detail. */
const alike: readonly Ask[] = [
  ...[
    "root.json",
    "targets.json",
    "targets/qa.json",
    "timestamp.json",
    "snapshot.json",
    "001.root.json",
    "1.targets/qa.json",
    "0.root.json",
    "2.root.json",
    "-1.root.json",
    `root.${sha}.json`,
    `root.${sha.toUpperCase()}.json`,
    `root.${sha}${sha}.json`,
    `root.${"a".repeat(96)}.json`,
    `root.${"a".repeat(40)}.json`,
    `1.root.${sha}.json`,
    "targets/none.json",
    "targets/NONE.json",
    "targets/a.b.json",
    "targets/a%20b.json",
    "targets/.json",
    "mirrors.json",
    "root",
    "root.key",
    "targets.key",
    "targets/qa.key",
    "snapshot.key",
    "timestamp.key",
    "",
  ].map((file) => ({ path: `${tuf}${file}` })),
  ...["HEAD", "PUT", "DELETE", "POST"].map((method) => ({ method, path: `${tuf}root.json` })),
  ...["root.key", "targets.key", "targets/qa.key", "snapshot.key", "timestamp.key"].map((file) => ({
    method: "POST",
    path: `${tuf}${file}`,
  })),
  ...["GET", "POST", "DELETE"].map((method) => ({ method, path: `/v2/${gun}/_trust/tuf` })),
  { path: `/v2/${gun}/_trust/` },
  { path: `/v2/${gun}/_trust` },
  { path: `/v2/${gun}/_trust/other/thing` },
  { method: "DELETE", path: "/v2/registry.test/none/_trust/tuf/" },
  { path: "/v2/registry.test/acme%2Fweb/_trust/tuf/root.json" },
  { path: `/v2/${gun}/_trust/changefeed?records=1` },
  { path: `/v2/${gun}/_trust/changefeed?records=0` },
  { path: `/v2/${gun}/_trust/changefeed?records=-5&change_id=-1` },
  { path: `/v2/${gun}/_trust/changefeed?records=5&change_id=-1` },
  { path: `/v2/${gun}/_trust/changefeed?records=5&change_id=1` },
  { path: `/v2/${gun}/_trust/changefeed?records=%2B1` },
  { path: `/v2/${gun}/_trust/changefeed?records=1&change_id=x` },
  { path: "/v2/_trust/changefeed?records=1&change_id=" },
  { path: "/v2/_trust/changefeed?records=1&change_id=1.5" },
  { method: "POST", path: "/v2/_trust/changefeed?records=5" },
  { method: "HEAD", path: "/v2/_trust/changefeed?records=5" },
  { path: "/_notary_server/health" },
  { method: "HEAD", path: "/_notary_server/health" },
  { method: "POST", path: "/_notary_server/health" },
  { path: "/_notary_server/other" },
  { path: "/v2/" },
  { path: "/metrics" },
  { path: "/v2/elsewhere.test/a/_trust/tuf/root.json" },
  { path: "/v2/elsewhere.test/a/_trust/tuf/timestamp.key" },
  { path: "/v2/elsewhere.test/a/_trust/changefeed?records=1" },
  { method: "POST", path: "/v2/elsewhere.test/a/_trust/tuf/" },
  { method: "DELETE", path: "/v2/elsewhere.test/a/_trust/tuf/" },
  upload(Buffer.from("{}"), { "content-type": "application/json" }),
  upload(Buffer.from("{}"), {}),
  upload(part('filename="root"', "not json")),
  upload(part('filename="root"', "[]")),
  upload(part('filename="root.json"', '{"signed":{"version":"1"}}')),
  upload(part("x=y", "{}")),
  upload(part('filename=""', "{}")),
  upload(part('filename="ROOT"', "{}")),
  upload(part('filename="root.json.json"', "{}")),
  upload(part('filename="targets/UPPER"', "{}")),
  upload(part('filename="targets/../root"', "{}")),
  upload(part('filename="targets/"', "{}")),
  upload(part('filename="targets/a/"', "{}")),
  upload(part('filename="targets//a"', "{}")),
  upload(part(`filename="targets/${"a".repeat(300)}"`, "{}")),
  upload(part('filename="mirrors"', "{}")),
];

const asAsked = ({ method = "GET", path, headers, body }: Ask): string => {
  const sent = body === undefined ? "" : ` ${JSON.stringify(Buffer.from(body).toString())}`;
  return `${method} ${path}${sent.slice(0, 160)}${headers === form ? "" : JSON.stringify(headers ?? "")}`;
};

type Difference = {
  readonly why: string;
  readonly ask: Ask;
  /** "dropped": the connection is closed without an answer. */
  readonly go: Seen | "dropped";
  readonly ours: Seen;
};
const notThere = { status: 404, code: "METADATA_NOT_FOUND" };
const feed = `/v2/${gun}/_trust/changefeed`;

/** Requests on which they differ on purpose. Each has its line in docs/reference/notary-compatibility.md. */
const different: readonly Difference[] = [
  ...["PATCH", "OPTIONS"].map((method) => ({
    why: "an error has a body",
    ask: { method, path: `${tuf}root.json` },
    go: { status: 405 },
    ours: { status: 405, code: "NOT_FOUND" },
  })),
  {
    why: "a path that is not clean names nothing, instead of redirecting",
    ask: { path: `/v2/${gun}//_trust/tuf/root.json` },
    go: { status: 301 },
    ours: { status: 404, code: "NOT_FOUND" },
  },
  {
    why: "a path that is not clean names nothing, instead of redirecting",
    ask: { path: `/v2/${gun}/../web/_trust/tuf/root.json` },
    go: { status: 301 },
    ours: notThere,
  },
  {
    why: "names of repositories are those that the registry can have",
    ask: { path: "/v2/registry.test/ACME/_trust/tuf/root.json" },
    go: { ...notThere, detail: {} },
    ours: notThere,
  },
  {
    why: "names of repositories are those that the registry can have",
    ask: { method: "POST", path: "/v2/registry.test/ACME/_trust/tuf/", headers: form },
    go: "dropped",
    ours: {
      status: 400,
      code: "INVALID_GUN",
      detail: "Require GUNs with prefix: [registry.test/]",
    },
  },
  {
    why: "an empty form is malformed, and no reason to hang up",
    ask: upload(new Uint8Array()),
    go: "dropped",
    ours: { status: 400, code: "MALFORMED_UPLOAD" },
  },
  {
    why: "the newest changes may be asked for without an id",
    ask: { path: `${feed}?records=-5` },
    go: "dropped",
    ours: { status: 200 },
  },
  {
    why: "ids of changes may grow past 32 bits",
    ask: { path: `${feed}?records=1&change_id=99999999999` },
    go: { status: 400, code: "INVALID_PARAMETERS", detail: {} },
    ours: { status: 200 },
  },
  ...(["", "?records=", "?records=x", "?records=99999999999"] as const).map((query) => ({
    why: "the same words without the name of a Go function",
    ask: { path: `${feed}${query}` },
    go: {
      status: 400,
      code: "INVALID_PARAMETERS",
      detail: expect.stringMatching(/^invalid records parameter: strconv/) as unknown,
    },
    ours: {
      status: 400,
      code: "INVALID_PARAMETERS",
      detail: "invalid records parameter",
    },
  })),
  {
    why: "a version too large is not there, without the name of a Go function",
    ask: { path: `${tuf}${"9".repeat(30)}.root.json` },
    go: { ...notThere, detail: expect.objectContaining({ Func: "Atoi" }) as unknown },
    ours: { ...notThere, detail: {} },
  },
];

describe.skipIf(missing("notary-server"))("notary-server and ours, asked the same", () => {
  let pair: ServerPair;
  beforeAll(async () => {
    pair = await startServerPair();
    const owner = await ownerOnBoth(pair, gun);
    const qa = owner.delegate("targets/qa", {});
    const parts: readonly Part[] = [
      { name: "root", bytes: await signRoot(owner) },
      { name: "targets", bytes: await signTargets(owner.targets) },
      { name: "targets/qa", bytes: await signTargets(qa) },
    ];
    for (const side of [pair.go, pair.ours])
      if ((await post(side, gun, parts)).status !== 200) throw new Error("not published");
  });
  afterAll(async () => {
    await pair[Symbol.asyncDispose]();
  });

  test.for(alike.map((ask) => [asAsked(ask), ask] as const))("%s", async ([, ask]) => {
    const go = seen(await pair.go.ask(ask));
    expect(seen(await pair.ours.ask(ask))).toEqual(go);
  });

  test.for(different.map((one) => [asAsked(one.ask), one.why, one] as const))(
    "%s: %s",
    async ([, , { ask, go, ours }]) => {
      const answered = pair.go.ask(ask).then(seen, () => "dropped");
      expect(await answered).toEqual(go);
      expect(seen(await pair.ours.ask(ask))).toEqual(ours);
    },
  );

  test("what they serve is the same bytes, with other headers", async () => {
    for (const file of ["root", "targets", "targets/qa", "1.root", "1.targets"]) {
      const [go, ours] = await Promise.all(
        [pair.go, pair.ours].map((side) => side.ask({ path: `${tuf}${file}.json` })),
      );
      if (go === undefined || ours === undefined) throw new Error("no answer");
      expect(ours.body.equals(go.body)).toBe(true);
      // Ours says what it is, and may be kept by nobody: the next signature counts at once.
      expect(go.headers["content-type"]).toBe("text/plain; charset=utf-8");
      expect(ours.headers["content-type"]).toBe("application/json; charset=utf-8");
      expect(go.headers["cache-control"]).toMatch(/^public, max-age=/);
      expect(ours.headers["cache-control"]).toBe("max-age=0, no-cache, no-store");
      // Go writes the zone as UTC, which is no date of HTTP.
      expect(go.headers["last-modified"]).toMatch(/ UTC$/);
      expect(ours.headers["last-modified"]).toMatch(/ GMT$/);
      expect(ours.headers["content-length"]).toBe(String(ours.body.length));
    }
  });

  test("only what is named by its checksum may be kept, and not by caches between", async () => {
    const current = await pair.go.ask({ path: `${tuf}root.json` });
    const sha256 = createHash("sha256").update(current.body).digest("hex");
    const ask = { path: `${tuf}root.${sha256}.json` };
    const go = await pair.go.ask(ask);
    expect(go.headers["cache-control"]).toBe("public, max-age=2592000, s-maxage=2592000");
    const ours = await pair.ours.ask(ask);
    expect(ours.headers["cache-control"]).toBe("private, max-age=2592000");
    expect(ours.body.equals(go.body)).toBe(true);
  });

  test("feeds have the same records; an empty one of ours is a list", async () => {
    const [go, ours] = await Promise.all(
      [pair.go, pair.ours].map(async (side) => {
        const { body } = await side.ask({ path: `${feed}?records=5` });
        return JSON.parse(body.toString()) as unknown;
      }),
    );
    const record = {
      ID: "1",
      CreatedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as unknown,
      GUN: gun,
      Version: 1,
      SHA256: expect.stringMatching(/^[0-9a-f]{64}$/) as unknown,
      Category: "update",
    };
    for (const answer of [go, ours]) expect(answer).toEqual({ count: 1, records: [record] });
    const empty = { path: `${feed}?records=5&change_id=1` };
    const bodies = await Promise.all([pair.go, pair.ours].map((side) => side.ask(empty)));
    expect(bodies.map(({ body }) => body.toString())).toEqual([
      '{"count":0,"records":null}',
      '{"count":0,"records":[]}',
    ]);
  });

  test("a key that was handed out and never used is handed out again; Go makes another", async () => {
    const ask = { path: "/v2/registry.test/acme/fresh/_trust/tuf/timestamp.key" };
    const twice = async (side: Side): Promise<readonly string[]> => [
      (await side.ask(ask)).body.toString(),
      (await side.ask(ask)).body.toString(),
    ];
    const [first, second] = await twice(pair.ours);
    expect(first).toMatch(/^\{"keytype":"ecdsa","keyval":\{"public":"[^"]+","private":null\}\}$/);
    expect(second).toBe(first);
    const [goFirst, goSecond] = await twice(pair.go);
    expect(goFirst).toMatch(
      /^\{"keytype":"ed25519","keyval":\{"public":"[^"]+","private":null\}\}$/,
    );
    expect(goSecond).not.toBe(goFirst);
  });
});
