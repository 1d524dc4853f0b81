import { source as axe } from "axe-core";
import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { hasNoBrowser, useBrowser } from "./browser.ts";
import { busyWorld, emptyWorld, registryHost } from "./fixture-data.ts";
import { decide } from "./fixture-verdicts.ts";

/**
 * A line for each thing that axe finds in the light look, and then in the dark one, which differs in nothing but its
 * colours. Nothing is switched off.
 */
async function violations(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe);
  await page.emulateMedia({ colorScheme: "light" });
  await steady(page);
  const light = await run(page, undefined);
  await page.emulateMedia({ colorScheme: "dark" });
  await steady(page);
  const dark = await run(page, "color-contrast");
  return [...light, ...dark.map((line) => `dark ${line}`)];
}

async function run(page: Page, only: string | undefined): Promise<readonly string[]> {
  return await page.evaluate(async (rule) => {
    type Found = { id: string; nodes: { target: string[]; failureSummary: string }[] };
    type Axe = { run: (context: Document, how: object) => Promise<{ violations: Found[] }> };
    const { axe: runner } = globalThis as unknown as { axe: Axe };
    const how = rule === undefined ? {} : { runOnly: [rule] };
    const { violations: found } = await runner.run(document, how);
    return found.flatMap(({ id, nodes }) =>
      nodes.map((node) => `${id}: ${node.target.join(" ")} ${node.failureSummary}`),
    );
  }, only);
}

async function settled(page: Page): Promise<void> {
  await page.getByRole("heading", { level: 1 }).waitFor();
  await page.locator("[aria-busy=true]").first().waitFor({ state: "detached" });
}

function fullWorld(): { world: ReturnType<typeof busyWorld>; pages: readonly string[] } {
  const world = busyWorld();
  const refused = decide(world, `${registryHost}/acme/web:1.4`, "alice");
  decide(world, `${registryHost}/acme/web:1.3`, "bob");
  return {
    world,
    pages: [
      "/",
      "/images",
      "/images/acme/web",
      "/images/acme/web/tags/1.4",
      "/images/acme/web/tags/1.2",
      "/images/acme/api/tags/2.0",
      "/workloads",
      "/decisions",
      `/decisions/${refused.id}`,
      "/people/users",
      "/people/users/alice",
      "/people/teams",
      "/people/teams/acme/security",
      "/people/organizations",
      "/settings/content-trust",
      "/settings/registries",
      "/settings/about",
      "/images/acme/none/tags/1",
      "/no/such/page",
    ],
  };
}

describe.skipIf(hasNoBrowser)("every page", () => {
  const visit = useBrowser();

  test("passes axe in light and dark", async () => {
    const { world, pages } = fullWorld();
    await using v = await visit(world);
    const found: string[] = [];
    for (const path of pages) {
      await v.page.goto(path);
      await settled(v.page);
      found.push(...(await violations(v.page)).map((line) => `${path} ${line}`));
    }
    expect(found).toEqual([]);
  });

  test("passes axe with its dialogs, menus and first steps", async () => {
    await using v = await visit(emptyWorld(), { as: "" });
    const found: string[] = [];
    const look = async (what: string): Promise<void> => {
      found.push(...(await violations(v.page)).map((line) => `${what} ${line}`));
    };
    await v.page.getByRole("button", { name: "Sign in" }).click();
    await v.page.getByText("please fill this in").first().waitFor();
    await look("sign-in");
    await v.page.getByLabel("Username").fill("admin");
    await v.page.getByLabel("Password", { exact: true }).fill("correct horse battery");
    await v.page.keyboard.press("Enter");
    await v.page.getByText("1 of 5 done").waitFor();
    await settled(v.page);
    await look("first steps");
    await v.page.getByRole("button", { name: "Signed in as admin" }).click();
    await v.page.getByRole("menuitem", { name: "Sign out" }).waitFor();
    await steady(v.page);
    await look("menu");
    await v.page.getByRole("menuitem", { name: "My keys and bundles" }).click();
    await v.page.getByRole("button", { name: "New client bundle" }).click();
    await v.page.getByRole("dialog").getByLabel("Label").waitFor();
    await steady(v.page);
    await look("bundle");
    await v.page.getByRole("button", { name: "Create and download" }).click();
    await v.page.getByText("this is the only time").waitFor();
    await look("bundle ready");
    await v.page.getByRole("button", { name: "Done" }).click();
    await v.page.getByRole("button", { name: /^Revoke key/ }).click();
    await v.page.getByRole("dialog").getByRole("button", { name: "Revoke key" }).waitFor();
    await steady(v.page);
    await look("revoke");
    await v.page.goto("/people/users");
    await v.page.getByRole("button", { name: "New user" }).click();
    await v.page.getByRole("button", { name: "Create user" }).click();
    await v.page.getByText("at least 10 characters", { exact: true }).waitFor();
    await steady(v.page);
    await look("new user");
    await v.page.getByRole("button", { name: "Cancel" }).click();
    await v.page.setViewportSize({ width: 360, height: 800 });
    await v.page.getByRole("button", { name: "Menu" }).click();
    await v.page.getByRole("dialog").getByRole("link", { name: "Workloads" }).waitFor();
    await steady(v.page);
    await look("drawer");
    expect(found).toEqual([]);
  });

  test("each fits 360 pixels without scrolling sideways", async () => {
    const { world, pages } = fullWorld();
    await using v = await visit(world, { width: 360 });
    const tooWide: string[] = [];
    for (const path of pages) {
      await v.page.goto(path);
      await settled(v.page);
      const over = await v.page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      if (over > 0) tooWide.push(`${path} by ${over}`);
    }
    expect(tooWide).toEqual([]);
  });

  test("narrow screens have the navigation in a drawer, which closes with Escape", async () => {
    await using v = await visit(busyWorld(), { width: 360 });
    await v.page.getByRole("button", { name: "Menu" }).press("Enter");
    await v.page.getByRole("dialog").getByRole("link", { name: "Workloads" }).waitFor();
    await v.page.keyboard.press("Escape");
    await v.page.getByRole("dialog").waitFor({ state: "detached" });
    await v.page.getByRole("button", { name: "Menu" }).click();
    await v.page.getByRole("dialog").getByRole("link", { name: "Workloads" }).click();
    await v.page.getByRole("heading", { name: "Workloads" }).waitFor();
    expect(await v.page.getByRole("dialog").count()).toBe(0);
  });

  test("the first Tab offers to skip to the page", async () => {
    await using v = await visit(busyWorld());
    await v.page.getByRole("heading", { name: "Overview" }).waitFor();
    await v.page.keyboard.press("Tab");
    const skip = v.page.getByRole("link", { name: "Skip to the page" });
    expect(await skip.evaluate((link) => link === document.activeElement)).toBe(true);
    await v.page.keyboard.press("Enter");
    await v.page.keyboard.press("Tab");
    const isInside = await v.page.evaluate(
      () => document.querySelector("main")?.contains(document.activeElement) ?? false,
    );
    expect(isInside).toBe(true);
  });

  test("the theme can be chosen and stays", async () => {
    await using v = await visit(busyWorld());
    await v.page.getByRole("button", { name: "Signed in as admin" }).click();
    await v.page.getByRole("menuitemradio", { name: "Dark" }).click();
    await v.page.reload();
    const scheme = await v.page.evaluate(
      () => document.documentElement.dataset["mantineColorScheme"],
    );
    expect(scheme).toBe("dark");
  });
});

/** Waits until nothing fades or moves any more: axe would judge colours half-way. */
async function steady(page: Page): Promise<void> {
  await page.evaluate(async () => {
    await Promise.allSettled(document.getAnimations().map((animation) => animation.finished));
  });
}
