import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { request } from "undici";
import { expect, onTestFinished, test } from "vitest";
import { restWorld, type RestWorld } from "./testing/rest-world.ts";

const page = "<!doctype html><title>Countersign</title>";
const script = `console.log(${JSON.stringify("x".repeat(2_000))})`;
const html = { accept: "text/html,application/xhtml+xml" };

async function built(): Promise<RestWorld> {
  const webRoot = await mkdtemp(join(tmpdir(), "countersign-web-"));
  onTestFinished(() => rm(webRoot, { recursive: true }));
  await mkdir(join(webRoot, "assets"));
  await writeFile(join(webRoot, "index.html"), page);
  await writeFile(join(webRoot, "assets", "main-1a2b3c4d.js"), script);
  await writeFile(join(webRoot, "logo.svg"), "<svg/>");
  await writeFile(join(webRoot, "notes.md"), "not of the kinds that are served");
  return await restWorld({ webRoot });
}

test.for(["/", "/images", "/images/acme/web/1", "/settings/content-trust"])(
  "%s is a page",
  async (path) => {
    await using world = await built();
    const { status, text, headers } = await world.send("GET", path, { headers: html });
    expect([status, text]).toEqual([200, page]);
    expect(headers.get("cache-control")).toBe("no-cache");
  },
);

test("pages come with a policy that runs our script files and no others", async () => {
  await using world = await built();
  const { headers } = await world.send("GET", "/", { headers: html });
  const policy = headers.get("content-security-policy") ?? "";
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("script-src 'self';");
  expect(policy).toContain("frame-ancestors 'none'");
  expect(policy).not.toContain("unsafe-eval");
  expect(headers.get("x-content-type-options")).toBe("nosniff");
});

test.for([
  ["/api/v1/nothing", html],
  ["/api", html],
  ["/v2/nothing", html],
  ["/assets/none.js", html],
  ["/images", { accept: "application/json" }],
  ["/notes.md", {}],
  ["/../package.json", {}],
  ["/%2e%2e/package.json", {}],
  ["/assets/%2e%2e/%2e%2e/package.json", {}],
  ["/assets%2Fmain-1a2b3c4d.js", {}],
  ["/index.html%00", {}],
  ["//index.html", {}],
] as const)("%s, %j, is not there", async ([path, headers]) => {
  await using world = await built();
  const answer = await world.send("GET", path, { headers: { ...headers } });
  expect(answer.status).toBe(404);
  expect(answer.text).not.toContain("doctype");
});

test("a file with a hash in its name is kept for ever, and comes compressed to who takes that", async () => {
  await using world = await built();
  const path = "/assets/main-1a2b3c4d.js";
  const plain = await world.send("GET", path);
  expect(plain.text).toBe(script);
  expect(plain.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
  expect(plain.headers.get("content-type")).toBe("text/javascript; charset=utf-8");
  const packed = await request(`https://${world.host}${path}`, {
    dispatcher: world.dispatcher,
    headers: { "accept-encoding": "gzip, br" },
  });
  expect(packed.headers["content-encoding"]).toBe("gzip");
  expect(gunzipSync(Buffer.from(await packed.body.arrayBuffer())).toString()).toBe(script);
});

test("what a browser has already is not sent again", async () => {
  await using world = await built();
  const { headers } = await world.send("GET", "/");
  const again = await world.send("GET", "/", {
    headers: { "if-none-match": headers.get("etag") ?? "" },
  });
  expect([again.status, again.text]).toEqual([304, ""]);
  const other = await world.send("GET", "/", { headers: { "if-none-match": '"other"' } });
  expect(other.status).toBe(200);
});

test("HEAD tells what GET would, without a body", async () => {
  await using world = await built();
  const { status, headers, text } = await world.send("HEAD", "/");
  expect([status, headers.get("content-length"), text]).toEqual([200, String(page.length), ""]);
});

test("where the UI is not built, the rest works", async () => {
  await using world = await restWorld({ webRoot: join(tmpdir(), "countersign-none") });
  expect((await world.send("GET", "/", { headers: html })).status).toBe(404);
  expect((await world.send("GET", "/healthz")).status).toBe(200);
});
