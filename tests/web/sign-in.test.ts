import { describe, expect, test } from "vitest";
import { hasNoBrowser, useBrowser } from "./browser.ts";
import { busyWorld } from "./fixture-data.ts";

describe.skipIf(hasNoBrowser)("signing in", () => {
  const visit = useBrowser();

  test("leads to the page whose address was asked for, by keyboard alone", async () => {
    await using v = await visit(busyWorld(), { as: "", at: "/images/acme/web/tags/1.4" });
    await v.page.getByLabel("Username").focus();
    await v.page.keyboard.type("alice");
    await v.page.keyboard.press("Tab");
    await v.page.keyboard.type("correct horse battery");
    await v.page.keyboard.press("Enter");
    await v.page.getByRole("heading", { name: "acme/web:1.4", level: 1 }).waitFor();
    expect(new URL(v.page.url()).pathname).toBe("/images/acme/web/tags/1.4");
  });

  test("says on the field that the password is wrong, and keeps what was typed", async () => {
    await using v = await visit(busyWorld(), { as: "" });
    await v.page.getByLabel("Username").fill("alice");
    await v.page.getByLabel("Password", { exact: true }).fill("not this one");
    await v.page.getByRole("button", { name: "Sign in" }).click();
    await v.page.getByText("username or password is wrong").waitFor();
    const field = v.page.getByLabel("Password", { exact: true });
    expect(await field.getAttribute("aria-invalid")).toBe("true");
    expect(await field.inputValue()).toBe("not this one");
    expect(await v.page.getByLabel("Username").inputValue()).toBe("alice");
  });

  test("explains a lock-out", async () => {
    const world = busyWorld();
    world.locked.add("bob");
    await using v = await visit(world, { as: "" });
    await v.page.getByLabel("Username").fill("bob");
    await v.page.getByLabel("Password", { exact: true }).fill("anything at all");
    await v.page.getByRole("button", { name: "Sign in" }).click();
    const alert = v.page.getByRole("alert");
    await alert.getByText("locked for a while").waitFor();
    expect(await alert.textContent()).toContain("Wait some minutes");
  });

  test("asks for both fields before it asks the server", async () => {
    await using v = await visit(busyWorld(), { as: "" });
    await v.page.getByRole("button", { name: "Sign in" }).click();
    await v.page.getByText("please fill this in").first().waitFor();
    expect(await v.page.getByText("please fill this in").count()).toBe(2);
  });

  test("comes again after signing out", async () => {
    await using v = await visit(busyWorld(), { as: "alice" });
    await v.page.getByRole("button", { name: "Signed in as alice" }).click();
    await v.page.getByRole("menuitem", { name: "Sign out" }).click();
    await v.page.getByRole("heading", { name: "Sign in to Countersign" }).waitFor();
    expect(await v.page.getByText("alice").count()).toBe(0);
  });

  test("comes again, at the same address, when the session has ended meanwhile", async () => {
    await using v = await visit(busyWorld(), { as: "alice", at: "/images" });
    await v.page.getByRole("link", { name: "acme/web" }).waitFor();
    await v.page.context().clearCookies();
    await v.page.getByRole("link", { name: "People" }).click();
    await v.page.getByRole("heading", { name: "Sign in to Countersign" }).waitFor();
    expect(new URL(v.page.url()).pathname).toBe("/people/users");
  });
});
