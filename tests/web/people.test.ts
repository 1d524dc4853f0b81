import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { hasNoBrowser, useBrowser } from "./browser.ts";
import { busyWorld, emptyWorld } from "./fixture-data.ts";

describe.skipIf(hasNoBrowser)("people", () => {
  const visit = useBrowser();

  test("an admin makes an organization, a user and a team, and gives it the member", async () => {
    const world = emptyWorld();
    await using v = await visit(world, { at: "/people/organizations" });
    await v.page.getByRole("button", { name: "New organization" }).click();
    await v.page.getByRole("textbox", { name: "Organization" }).fill("acme");
    await v.page.getByRole("button", { name: "Create organization" }).click();
    await v.page.getByRole("cell", { name: "acme", exact: true }).waitFor();

    await v.page.getByRole("link", { name: "Users" }).click();
    await v.page.getByRole("button", { name: "New user" }).click();
    const dialog = v.page.getByRole("dialog");
    await dialog.getByLabel("User name").fill("Alice");
    await dialog.getByLabel("Password", { exact: true }).fill("short");
    await dialog.getByRole("button", { name: "Create user" }).click();
    await dialog.getByText(/^lower-case letters and digits/).waitFor();
    await dialog.getByText("at least 10 characters", { exact: true }).waitFor();
    await dialog.getByLabel("User name").fill("acme");
    await dialog.getByLabel("Password", { exact: true }).fill("correct horse battery");
    await dialog.getByRole("button", { name: "Create user" }).click();
    await dialog.getByText("acme is taken").waitFor();
    expect(await dialog.getByLabel("User name").getAttribute("aria-invalid")).toBe("true");
    await dialog.getByLabel("User name").fill("alice");
    await dialog.getByRole("button", { name: "Create user" }).click();
    await v.page.getByRole("heading", { name: "alice", level: 1 }).waitFor();

    await v.page.goto("/people/teams");
    await v.page.getByRole("button", { name: "New team" }).click();
    await v.page.getByLabel("Team", { exact: true }).fill("qa");
    await v.page.getByRole("button", { name: "Create team" }).click();
    await v.page.getByRole("heading", { name: "acme/qa" }).waitFor();
    await v.page.getByText("Nobody can sign for this team").waitFor();
    await v.page.getByRole("combobox", { name: "Add a member" }).click();
    await v.page.getByRole("option", { name: "alice" }).click();
    await v.page.getByRole("button", { name: "Add", exact: true }).click();
    await v.page.getByRole("cell", { name: "alice", exact: true }).waitFor();
    expect(world.teams.get("acme/qa")?.members).toEqual(["alice"]);
  });

  test("a new client bundle is downloaded once, with its context beside it", async () => {
    const world = busyWorld();
    await using v = await visit(world, { as: "alice", at: "/people/users/alice" });
    await v.page.getByRole("button", { name: "New client bundle" }).click();
    await v.page.getByLabel("Label").fill("tablet");
    const [bundle] = await Promise.all([
      v.page.waitForEvent("download"),
      v.page.getByRole("button", { name: "Create and download" }).click(),
    ]);
    expect(bundle.suggestedFilename()).toBe("alice-bundle.zip");
    expect((await readFile(await bundle.path())).subarray(0, 2).toString()).toBe("PK");
    await v.page.getByText("this is the only time").waitFor();
    const [context] = await Promise.all([
      v.page.waitForEvent("download"),
      v.page.getByRole("button", { name: "Download the Docker context" }).click(),
    ]);
    expect(context.suggestedFilename()).toBe("alice-context.zip");
    await v.page.getByRole("button", { name: "Done" }).click();
    await v.page.getByRole("cell", { name: "tablet", exact: true }).waitFor();
    expect(world.keys.get("alice")?.map((key) => key.label)).toEqual(["laptop", "tablet"]);
  });

  test("revoking a key asks first and says what rests on it", async () => {
    const world = busyWorld();
    await using v = await visit(world, { as: "alice", at: "/people/users/alice" });
    await v.page.getByRole("button", { name: "Revoke key laptop" }).click();
    const dialog = v.page.getByRole("dialog", { name: "Revoke the key “laptop”?" });
    await dialog.getByText("Signatures made with it stop counting at once").waitFor();
    await dialog
      .getByText("2 running workloads would lose their approval: shop_web, shop_api")
      .waitFor();
    await dialog.getByRole("button", { name: "Revoke key" }).click();
    await dialog.waitFor({ state: "detached" });
    await v.page.getByText("revoked just now").waitFor();
    expect(world.keys.get("alice")?.[0]?.revokedAt).toBeDefined();
  });

  test("a public key that cannot be read is refused on its field", async () => {
    await using v = await visit(busyWorld(), { as: "alice", at: "/people/users/alice" });
    await v.page.getByRole("button", { name: "Add a public key" }).click();
    await v.page.getByLabel("Label").fill("token");
    await v.page.getByLabel("Certificate request").fill("nonsense");
    await v.page.getByRole("button", { name: "Add key" }).click();
    await v.page.getByText("this is not a public key in PEM").waitFor();
    await v.page.getByLabel("Certificate request").fill("-----BEGIN CERTIFICATE REQUEST-----\n");
    await v.page.getByRole("button", { name: "Add key" }).click();
    await v.page.getByRole("cell", { name: "token", exact: true }).waitFor();
    expect(await v.page.getByRole("dialog").count()).toBe(0);
  });

  test("removing a member asks first and names the effect", async () => {
    const world = busyWorld();
    await using v = await visit(world, { at: "/people/teams/acme/security" });
    await v.page.getByRole("button", { name: "Remove bob" }).click();
    const dialog = v.page.getByRole("dialog", { name: "Remove bob from acme/security?" });
    await dialog.getByText("1 running workload would lose its approval: shop_web").waitFor();
    await dialog.getByRole("button", { name: "Cancel" }).click();
    await dialog.waitFor({ state: "detached" });
    expect(world.teams.get("acme/security")?.members).toEqual(["bob", "erin"]);
    await v.page.getByRole("button", { name: "Remove bob" }).click();
    await v.page.getByRole("dialog").getByRole("button", { name: "Remove bob" }).click();
    await v.page.getByRole("cell", { name: "bob", exact: true }).waitFor({ state: "detached" });
    expect(world.teams.get("acme/security")?.members).toEqual(["erin"]);
  });

  test("deactivating and editing an account", async () => {
    const world = busyWorld();
    await using v = await visit(world, { at: "/people/users/erin" });
    await v.page.getByRole("button", { name: "Edit" }).click();
    await v.page.getByLabel("May do at the Docker gateway").selectOption("view-only");
    await v.page.getByRole("button", { name: "Save" }).click();
    await v.page.getByRole("definition").getByText("view only").waitFor();
    await v.page.getByRole("button", { name: "Deactivate …" }).click();
    const dialog = v.page.getByRole("dialog", { name: "Deactivate erin?" });
    await dialog.getByText("shop_api").waitFor();
    await dialog.getByRole("button", { name: "Deactivate erin" }).click();
    await v.page.getByRole("button", { name: "Activate again" }).waitFor();
    expect(world.users.get("erin")).toMatchObject({ isActive: false, permission: "view-only" });
  });

  test("deleting a required team says that nothing could be deployed", async () => {
    const world = busyWorld();
    await using v = await visit(world, { at: "/people/teams/acme/qa" });
    await v.page.getByRole("button", { name: "Delete …" }).click();
    const dialog = v.page.getByRole("dialog");
    await dialog.getByText("acme/qa is required for every deployment").waitFor();
    await dialog.getByRole("button", { name: "Delete acme/qa" }).click();
    await v.page.getByRole("heading", { name: "Teams" }).waitFor();
    expect(world.teams.has("acme/qa")).toBe(false);
  });

  test("a password is changed by typing it twice", async () => {
    const world = busyWorld();
    await using v = await visit(world, { as: "alice", at: "/people/users/alice" });
    await v.page.getByRole("textbox", { name: "New password" }).fill("a longer password");
    await v.page.getByRole("textbox", { name: "The same again" }).fill("a longer passwort");
    await v.page.getByRole("button", { name: "Change password" }).click();
    await v.page.getByText("the two are not the same").waitFor();
    await v.page.getByRole("textbox", { name: "The same again" }).fill("a longer password");
    await v.page.getByRole("button", { name: "Change password" }).click();
    await v.page.getByText("Your password is changed").waitFor();
    expect(world.passwords.get("alice")).toBe("a longer password");
  });

  test("others cannot change people", async () => {
    await using v = await visit(busyWorld(), { as: "bob", at: "/people/teams/acme/qa" });
    await v.page.getByRole("cell", { name: "alice", exact: true }).waitFor();
    expect(await v.page.getByRole("button", { name: /Remove|Delete|Add/ }).count()).toBe(0);
    await v.page.goto("/people/users/alice");
    await v.page.getByText("Alice Ahlgren").waitFor();
    expect(await v.page.getByRole("region", { name: /Keys|Password/ }).count()).toBe(0);
  });
});
