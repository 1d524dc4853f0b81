import { AccountName, TeamName } from "#contracts";
import { describe, expect, test } from "vitest";
import type { Page } from "playwright-core";
import { hasNoBrowser, useBrowser } from "./browser.ts";
import { busyWorld } from "./fixture-data.ts";

const at = "/settings/content-trust";
const preview = (page: Page) => page.getByRole("region", { name: "What this would do" });
const teamsField = (page: Page) => page.getByRole("combobox", { name: "Require signature from" });

async function choose(page: Page, team: string): Promise<void> {
  await teamsField(page).click();
  await page.getByRole("option", { name: team }).click();
  await page.keyboard.press("Escape");
}

describe.skipIf(hasNoBrowser)("Settings, Content Trust", () => {
  const visit = useBrowser();

  test("an admin turns it on, sees what it would do, and saves", async () => {
    const world = busyWorld();
    world.policy = { ...world.policy, mode: "off", requiredTeams: [] };
    await using v = await visit(world, { at });
    await preview(v.page).getByText("With this, every image runs").waitFor();
    await v.page.getByRole("switch", { name: "Run only signed images" }).press("Space");
    await preview(v.page)
      .getByText("With this, all of 3 running workloads could be deployed again.")
      .waitFor();
    await choose(v.page, "acme/qa");
    await choose(v.page, "acme/security");
    await preview(v.page)
      .getByText("With this, 1 of 3 running workloads could not be deployed again.")
      .waitFor();
    expect(await preview(v.page).getByRole("listitem").textContent()).toContain(
      "is not signed by team acme/security",
    );
    await v.page.getByRole("button", { name: "Save" }).click();
    await v.page.getByRole("link", { name: "Enforcing: qa + security" }).waitFor();
    expect(world.policy).toMatchObject({
      mode: "enforce",
      requiredTeams: ["acme/qa", "acme/security"],
      version: 4,
    });
  });

  test("names a team that nobody can sign for before saving", async () => {
    await using v = await visit(busyWorld(), { at });
    await choose(v.page, "acme/release");
    await preview(v.page).getByText("nobody can sign for acme/release").waitFor();
    expect(await v.page.getByRole("button", { name: "Save" }).isEnabled()).toBe(true);
  });

  test("keeps what was chosen when somebody else saved meanwhile, and then takes theirs", async () => {
    const world = busyWorld();
    await using v = await visit(world, { at });
    await choose(v.page, "acme/release");
    world.policy = {
      ...world.policy,
      version: 9,
      requiredTeams: [TeamName.parse("acme/qa")],
      changedBy: AccountName.parse("erin"),
    };
    await v.page.getByRole("button", { name: "Save" }).click();
    const alert = v.page.getByRole("alert");
    await alert.getByText("erin saved").waitFor();
    const chosen = v.page.getByText("acme/release", { exact: true }).filter({ visible: true });
    await chosen.waitFor();
    expect(world.policy.version).toBe(9);
    await alert.getByRole("button", { name: "Load theirs" }).click();
    await alert.waitFor({ state: "detached" });
    expect(await chosen.count()).toBe(0);
  });

  test("saves what was chosen over the other change when told to", async () => {
    const world = busyWorld();
    await using v = await visit(world, { at });
    await choose(v.page, "acme/release");
    world.policy = { ...world.policy, version: 9, requiredTeams: [] };
    await v.page.getByRole("button", { name: "Save" }).click();
    await v.page.getByRole("button", { name: "Save mine over it" }).click();
    await v.page.getByRole("link", { name: "Enforcing: qa + security + release" }).waitFor();
    expect(world.policy.version).toBe(10);
  });

  test("keeps warnings only under More", async () => {
    const world = busyWorld();
    await using v = await visit(world, { at });
    expect(await v.page.getByRole("radio", { name: "Let it run" }).isVisible()).toBe(false);
    await v.page.getByRole("button", { name: "More" }).click();
    await v.page.getByRole("radio", { name: "Let it run" }).check();
    await preview(v.page).getByText("would be recorded as not approved").waitFor();
    await v.page.getByRole("button", { name: "Save" }).click();
    await v.page.getByRole("link", { name: "Warning only" }).waitFor();
    expect(world.policy.mode).toBe("warn");
  });

  test("asks for more than one person of a team under More", async () => {
    const world = busyWorld();
    await using v = await visit(world, { at });
    await v.page.getByRole("button", { name: "More" }).click();
    await v.page.getByRole("textbox", { name: "acme/security" }).fill("2");
    await preview(v.page)
      .getByText("With this, 3 of 3 running workloads could not be deployed again.")
      .waitFor();
    await v.page.getByRole("button", { name: "Save" }).click();
    await v.page.getByText("Only signed images run now").waitFor();
    expect(world.policy.minimums).toEqual([{ team: "acme/security", people: 2 }]);
    await v.page.goto("/images/acme/web/tags/1.3");
    await v.page.getByText("bob, but not enough people").waitFor();
    await v.page.getByText("For acme/security: erin signs").waitFor();
  });

  test("is for reading only for others", async () => {
    await using v = await visit(busyWorld(), { as: "alice", at });
    await v.page.getByText("acme/qa and acme/security").waitFor();
    expect(await v.page.getByRole("switch").count()).toBe(0);
    expect(await v.page.getByRole("button", { name: "Save" }).count()).toBe(0);
  });
});
