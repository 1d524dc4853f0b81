import { describe, expect, test } from "vitest";
import { hasNoBrowser, useBrowser } from "./browser.ts";
import { busyWorld, emptyWorld, registryHost } from "./fixture-data.ts";

const web14 = `${registryHost}/acme/web:1.4`;
const web13 = `${registryHost}/acme/web:1.3`;

describe.skipIf(hasNoBrowser)("images", () => {
  const visit = useBrowser();

  test("a tag's page says why it would be refused, who could sign, and with which command", async () => {
    await using v = await visit(busyWorld(), { as: "bob", at: "/images/acme/web/tags/1.4" });
    await v.page.getByText("Would be refused", { exact: true }).waitFor();
    const required = v.page.getByRole("table", { name: "Required teams" });
    const qa = required.getByRole("row", { name: /acme\/qa/ });
    const security = required.getByRole("row", { name: /acme\/security/ });
    expect(await qa.textContent()).toContain("targets/alice");
    expect(await security.textContent()).toContain("nobody yet");
    expect(await security.textContent()).toContain("bob, erin");
    await v.page.getByText("Also signed by ci (in no required team)").waitFor();
    await v.page.getByRole("button", { name: "Copy command" }).click();
    const copied = await v.page.evaluate(async () => await navigator.clipboard.readText());
    expect(copied).toBe(`docker trust sign ${web14}`);
  });

  test("a tag that was pushed again after signing says what would run", async () => {
    const world = busyWorld();
    await using v = await visit(world, { at: "/images/acme/web/tags/1.2" });
    await v.page.getByText("Would run here").waitFor();
    await v.page.getByText("the signed digest is what would run").waitFor();
    await v.page.getByRole("button", { name: "Copy digest" }).first().click();
    const copied = await v.page.evaluate(async () => await navigator.clipboard.readText());
    expect(copied).toBe(world.images.find((image) => image.tag === "1.2")?.digest);
  });

  test("a repository shows its tags against the required teams", async () => {
    await using v = await visit(busyWorld(), { at: "/images/acme/web" });
    const table = v.page.getByRole("table", { name: "Tags of acme/web" });
    const row = table.getByRole("row", { name: /^1\.4/ });
    await row.getByText("would be refused").waitFor();
    expect(await table.getByRole("columnheader").allTextContents()).toEqual(
      expect.arrayContaining(["acme/qa", "acme/security"]),
    );
    expect(await row.getByRole("cell").allTextContents()).toEqual(
      expect.arrayContaining(["alice", "missing"]),
    );
    await row.getByRole("link", { name: "1.4" }).click();
    await v.page.getByRole("heading", { name: "acme/web:1.4" }).waitFor();
  });

  test("a repository whose name contains /tags/ has pages of its own", async () => {
    await using v = await visit(busyWorld(), { at: "/images" });
    await v.page.getByRole("link", { name: "acme/tags/odd" }).click();
    await v.page.getByRole("heading", { name: "acme/tags/odd", exact: true }).waitFor();
    await v.page.getByRole("link", { name: "v1" }).click();
    await v.page.getByRole("heading", { name: "acme/tags/odd:v1" }).waitFor();
    expect(new URL(v.page.url()).pathname).toBe("/images/acme/tags/odd/tags/v1");
  });

  test("the search stands in the address", async () => {
    await using v = await visit(busyWorld(), { at: "/images?q=api" });
    await v.page.getByRole("link", { name: "acme/api" }).waitFor();
    expect(await v.page.getByRole("link", { name: "acme/web" }).count()).toBe(0);
    await v.page.getByRole("searchbox", { name: "Search repositories" }).fill("nothing");
    await v.page.getByText("No repository is called “nothing”").waitFor();
    expect(new URL(v.page.url()).search).toBe("?q=nothing");
  });

  test("thousands of tags are shown a hundred at a time, and can be searched", async () => {
    const world = busyWorld();
    const [first] = world.images;
    if (first === undefined) throw new Error("the fixture has no image");
    world.images = Array.from({ length: 3000 }, (_, index) => ({
      ...first,
      tag: `build-${index}`,
    }));
    await using v = await visit(world, { at: "/images/acme/web" });
    await v.page.getByRole("button", { name: "Show more of 3,000 tags" }).click();
    await v.page.getByRole("row").nth(200).waitFor();
    expect(await v.page.getByRole("row").count()).toBe(201);
    await v.page.getByRole("searchbox", { name: "Search tags" }).fill("build-2999");
    await v.page.getByRole("row").nth(2).waitFor({ state: "detached" });
    expect(await v.page.getByRole("row").count()).toBe(2);
  });

  test("an admin can forget the root of trust data that was made anew", async () => {
    const world = busyWorld();
    world.trustState = "tampered";
    await using v = await visit(world, { at: "/images/acme/web/tags/1.3" });
    await v.page.getByText("does not check out").waitFor();
    await v.page.getByRole("button", { name: "Forget what was seen before …" }).click();
    const dialog = v.page.getByRole("dialog", { name: "Forget what was seen of acme/web?" });
    await dialog.getByRole("button", { name: "Forget it" }).click();
    await dialog.waitFor({ state: "detached" });
    await v.page.getByText("verified", { exact: true }).waitFor();
    expect(world.trustState).toBe("verified");
  });

  test("a failure says so and can be tried again", async () => {
    const world = busyWorld();
    world.broken.set("listRepositories", 503);
    await using v = await visit(world, { at: "/images" });
    await v.page.getByRole("alert").getByText("The database is away").waitFor();
    world.broken.clear();
    await v.page.getByRole("button", { name: "Try again" }).click();
    await v.page.getByRole("link", { name: "acme/web" }).waitFor();
    expect(await v.page.getByRole("alert").count()).toBe(0);
  });
});

describe.skipIf(hasNoBrowser)("decisions", () => {
  const visit = useBrowser();

  test("new ones are announced and come in when asked for", async () => {
    await using v = await visit(busyWorld(), { at: "/decisions" });
    await v.page.getByText("Nothing has been decided yet").waitFor();
    v.server.decide(web14, "alice");
    await v.page.getByRole("button", { name: "1 new decision — show" }).waitFor();
    v.server.decide(web13, "bob");
    await v.page.getByRole("button", { name: "2 new decisions — show" }).waitFor();
    expect(await v.page.getByRole("table").count()).toBe(0);
    await v.page.getByRole("button", { name: "2 new decisions — show" }).click();
    await v.page.getByRole("cell", { name: "refused", exact: true }).waitFor();
    expect(await v.page.getByRole("row").count()).toBe(3);
    expect(await v.page.getByRole("button", { name: /new decision/ }).count()).toBe(0);
  });

  test("the filter stands in the address, also for the announcement", async () => {
    const world = busyWorld();
    await using v = await visit(world, { at: "/decisions?effect=refuse" });
    await v.page.getByText("Nothing has been decided yet").waitFor();
    v.server.decide(web13, "bob");
    v.server.decide(web14, "alice");
    await v.page.getByRole("button", { name: "1 new decision — show" }).click();
    await v.page.getByRole("cell", { name: "refused", exact: true }).waitFor();
    await v.page.getByText("Approved", { exact: true }).click();
    await v.page.getByRole("cell", { name: "approved", exact: true }).waitFor();
    expect(new URL(v.page.url()).search).toBe("?effect=run");
  });

  test("older ones are fetched on request", async () => {
    const world = busyWorld();
    await using v = await visit(world, { as: "" });
    for (let count = 0; count < 60; count += 1) v.server.decide(web13, "bob");
    await v.page.context().request.post("/api/v1/session", {
      data: { username: "admin", password: world.passwords.get("admin") },
    });
    await v.page.goto("/decisions");
    await v.page.getByRole("button", { name: "Show older ones" }).click();
    await v.page.getByRole("row").nth(60).waitFor();
    expect(await v.page.getByRole("row").count()).toBe(61);
  });

  test("one shows the sentence word for word, its evidence, and how it would go now", async () => {
    const world = busyWorld();
    await using v = await visit(world);
    const decision = v.server.decide(web14, "alice");
    await v.page.goto(`/decisions/${decision.id}`);
    expect(await v.page.locator("pre").textContent()).toBe(decision.verdict.message);
    await v.page
      .getByRole("table", { name: "Roles looked at" })
      .getByText("targets/alice")
      .waitFor();
    world.images = world.images.map((image) =>
      image.tag === "1.4" ? { ...image, signedBy: [...image.signedBy, "bob"] } : image,
    );
    await v.page.getByRole("button", { name: "Judge again now" }).click();
    await v.page.getByText("would run", { exact: true }).waitFor();
    await v.page.getByRole("link", { name: "Open the page of this image" }).click();
    await v.page.getByText("Would run here").waitFor();
  });
});

describe.skipIf(hasNoBrowser)("overview and workloads", () => {
  const visit = useBrowser();

  test("a new installation shows the first steps, which tick themselves", async () => {
    await using v = await visit(emptyWorld());
    const steps = v.page.getByRole("region", { name: "Getting started" });
    await steps.getByText("1 of 5 done").waitFor();
    expect(await steps.getByText("To do:").count()).toBe(4);
    Object.assign(v.server.world, { images: busyWorld().images });
    await v.page.reload();
    await steps.getByText("2 of 5 done").waitFor();
  });

  test("a signer sees what waits for them", async () => {
    await using v = await visit(busyWorld(), { as: "bob" });
    const waiting = v.page.getByRole("region", { name: "Waits for your signature" });
    await waiting.getByRole("link", { name: "acme/web:1.4" }).waitFor();
    expect(await waiting.getByRole("listitem").count()).toBe(1);
    await waiting.getByRole("link", { name: "acme/web:1.4" }).click();
    await v.page.getByRole("heading", { name: "acme/web:1.4" }).waitFor();
  });

  test("workloads that lost their approval have an address of their own", async () => {
    await using v = await visit(busyWorld());
    await v.page.getByRole("link", { name: "Show what lost its approval" }).click();
    await v.page.getByRole("cell", { name: "debug-web" }).waitFor();
    expect(new URL(v.page.url()).search).toBe("?filter=lost");
    expect(await v.page.getByRole("row").count()).toBe(2);
  });

  test("without an engine nothing is claimed about what runs", async () => {
    const world = busyWorld();
    world.engine = false;
    await using v = await visit(world, { at: "/workloads" });
    await v.page.getByText("No engine is connected").waitFor();
    expect(await v.page.getByRole("table").count()).toBe(0);
  });

  test("the search of the top bar goes to a person by keyboard", async () => {
    await using v = await visit(busyWorld());
    await v.page.getByRole("heading", { name: "Overview" }).waitFor();
    await v.page.keyboard.press("/");
    await v.page.keyboard.type("erin");
    await v.page.getByRole("option", { name: "user erin" }).waitFor();
    await v.page.keyboard.press("ArrowDown");
    await v.page.keyboard.press("Enter");
    await v.page.getByRole("heading", { name: "erin" }).waitFor();
    expect(new URL(v.page.url()).pathname).toBe("/people/users/erin");
  });
});
