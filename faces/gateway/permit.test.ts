import { expect, test } from "vitest";
import { parseAccountName } from "#domain/identity";
import { may, permit, permitEscapes } from "./permit.ts";
import type { Caller } from "./ports.ts";

const levels = ["none", "view-only", "restricted-control", "full-control"] as const;
const caller = (permission: Caller["permission"], isAdmin = false): Caller => ({
  account: parseAccountName("alice"),
  permission,
  isAdmin,
});

test("each level may do what it and the lower ones may, and none may administer", () => {
  for (const [held, permission] of levels.entries()) {
    for (const [needed, needs] of (
      ["view-only", "restricted-control", "full-control"] as const
    ).entries())
      expect([permission, needs, may(caller(permission), needs)]).toEqual([
        permission,
        needs,
        held >= needed + 1,
      ]);
    expect(may(caller(permission), "admin")).toBe(false);
    expect(may(caller(permission, true), "admin")).toBe(true);
  }
});

test("a refusal says what is held and what is needed", () => {
  expect(permit(caller("none"), "view-only")).toMatchObject({ kind: "refused", status: 403 });
  expect(permit(caller("none"), "view-only")?.message).toContain("no access to the gateway");
  expect(permit(caller("full-control"), "full-control")).toBeUndefined();
});

test("only settings beyond the caller's permission are named, with the most that they need", () => {
  const escapes = [
    { setting: "HostConfig.Binds", needs: "full-control" },
    { setting: "HostConfig.Runtime", needs: "admin" },
  ] as const;
  const full = permitEscapes(caller("full-control"), escapes)?.message;
  expect(full).toContain("HostConfig.Runtime reaches the host and needs a cluster administrator");
  expect(full).not.toContain("HostConfig.Binds");
  expect(permitEscapes(caller("restricted-control"), escapes)?.message).toContain(
    "HostConfig.Binds, ",
  );
  expect(permitEscapes(caller("view-only", true), escapes)).toBeUndefined();
  expect(permitEscapes(caller("none"), [])).toBeUndefined();
});
