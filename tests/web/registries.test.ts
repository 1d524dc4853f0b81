import { describe, expect, test } from "vitest";
import { hasNoBrowser, useBrowser } from "./browser.ts";
import { busyWorld, emptyWorld } from "./fixture-data.ts";

describe.skipIf(hasNoBrowser)("other registries", () => {
  const visit = useBrowser();

  test("an admin trusts a registry, and ends it", async () => {
    const world = emptyWorld();
    await using v = await visit(world, { at: "/settings/registries" });
    await v.page.getByText("No other registry is trusted").waitFor();
    await v.page.getByRole("button", { name: "Trust a registry" }).click();
    const dialog = v.page.getByRole("dialog", { name: "Trust a registry" });
    await dialog.getByLabel("Registry").fill("other.lab:5000");
    await dialog.getByLabel("Certificate authorities").fill("a certificate");
    await dialog.getByLabel("User name there").fill("reader");
    await dialog.getByRole("button", { name: "Trust registry" }).click();
    await dialog.getByText("a username and a password belong together").waitFor();
    await dialog.getByLabel("Password there", { exact: true }).fill("secret");
    await dialog.getByLabel("While it is silent").fill("60");
    await dialog.getByRole("button", { name: "Trust registry" }).click();
    await dialog.waitFor({ state: "detached" });
    await v.page.getByRole("cell", { name: "last reading, for 1 minute" }).waitFor();
    expect(world.registries.get("other.lab:5000")).toMatchObject({
      username: "reader",
      trustServer: "https://other.lab:5000",
    });

    await v.page.getByRole("button", { name: "Remove other.lab:5000" }).click();
    await v.page.getByRole("button", { name: "Remove registry" }).click();
    await v.page.getByText("No other registry is trusted").waitFor();
    expect(world.registries.size).toBe(0);
  });

  test("one that is registered already is refused on its field", async () => {
    await using v = await visit(busyWorld(), { at: "/settings/registries" });
    await v.page.getByRole("cell", { name: "partner.example", exact: true }).waitFor();
    await v.page.getByRole("button", { name: "Trust a registry" }).click();
    const name = v.page.getByRole("textbox", { name: "Registry" });
    await name.fill("other.lab:5000");
    await v.page.getByLabel("Certificate authorities").fill("a certificate");
    await v.page.getByRole("button", { name: "Trust registry" }).click();
    await v.page.getByText("this registry is registered already").waitFor();
    expect(await name.getAttribute("aria-invalid")).toBe("true");
  });

  test("who is no admin does not see them", async () => {
    await using v = await visit(busyWorld(), { as: "alice", at: "/settings/about" });
    await v.page.getByRole("link", { name: "Content Trust" }).waitFor();
    expect(await v.page.getByRole("link", { name: "Other registries" }).count()).toBe(0);
  });
});
