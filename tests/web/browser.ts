import { existsSync } from "node:fs";
import { chromium, type Browser, type Page } from "playwright-core";
import { afterAll, beforeAll } from "vitest";
import { builtWeb } from "./built-web.ts";
import type { World } from "./fixture-data.ts";
import { startFixture, type FixtureServer } from "./fixture-server.ts";

const executablePath = process.env["CHROMIUM"] ?? "/usr/bin/chromium";
/** Browser tests are a visible skip where there is no Chromium, and a failure on CI. */
export const hasNoBrowser = !existsSync(executablePath);
if (hasNoBrowser && process.env["CI"] === "true")
  throw new Error(`no Chromium at ${executablePath}`);

const args = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Tests wait for at most this long for something to appear. */
const patienceMs = 30_000;

export type Visit = AsyncDisposable & { readonly page: Page; readonly server: FixtureServer };

type How = {
  readonly as?: string;
  readonly at?: string;
  readonly width?: number;
};

/** One browser and one build for a test file; `visit` opens a page on a server of its own. */
export function useBrowser(): (world: World, how?: How) => Promise<Visit> {
  let browser: Browser | undefined;
  let webRoot = "";
  beforeAll(async () => {
    webRoot = await builtWeb();
    browser = await chromium.launch({ executablePath, args });
  });
  afterAll(async () => await browser?.close());

  return async (world, { as = "admin", at = "/", width = 1280 } = {}) => {
    if (browser === undefined) throw new Error("the browser has not started");
    const server = await startFixture(world, webRoot);
    const context = await browser.newContext({
      viewport: { width, height: 800 },
      acceptDownloads: true,
      reducedMotion: "reduce",
      permissions: ["clipboard-read", "clipboard-write"],
      baseURL: server.url,
    });
    context.setDefaultTimeout(patienceMs);
    if (as !== "")
      await context.request.post("/api/v1/session", {
        data: { username: as, password: world.passwords.get(as) },
      });
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on("pageerror", (error) => complaints.push(String(error)));
    page.on("console", (message) => {
      const isAnswer = message.text().startsWith("Failed to load resource");
      if (message.type() === "error" && !isAnswer) complaints.push(message.text());
    });
    await page.goto(at);
    return {
      page,
      server,
      [Symbol.asyncDispose]: async () => {
        await context.close();
        await server[Symbol.asyncDispose]();
        if (complaints.length > 0) throw new Error(`the page complained: ${complaints.join("; ")}`);
      },
    };
  };
}
