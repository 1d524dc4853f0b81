import fc from "fast-check";
import { expect, test } from "vitest";
import { formatScope, parseScope } from "./scope.ts";

test.for([
  ["repository:acme/web:pull", "repository:acme/web:pull"],
  ["repository:acme/web:push,pull", "repository:acme/web:pull,push"],
  ["repository(plugin):acme/web:pull", "repository:acme/web:pull"],
  ["repository:localhost:8443/acme/web:*", "repository:localhost:8443/acme/web:*"],
  ["repository:acme/web:pull,pull", "repository:acme/web:pull"],
  ["repository:acme/web:", "repository:acme/web:"],
  ["registry:catalog:*", "registry:catalog:*"],
] as const)("%s asks for %s", ([written, meant]) => {
  expect(formatScope(parseScope(written))).toBe(meant);
});

test.for([
  "",
  "repository",
  "repository:acme/web",
  "repository::pull",
  "other:acme/web:pull",
  "repository:acme/web:PULL",
  "repository:acme/web:pull push",
  `repository:${"a".repeat(600)}:pull`,
] as const)("%j is no scope", (text) => {
  expect(() => parseScope(text)).toThrowError(
    expect.objectContaining({ code: "oci/scope-invalid" }),
  );
});

test("nothing but known actions is ever given", () => {
  const actions = fc.stringMatching(/^[a-z*,]{0,20}$/);
  fc.assert(
    fc.property(actions, (list) => {
      const known = ["pull", "push", "delete", "*"];
      const given = [...parseScope(`repository:acme/web:${list}`).actions];
      expect(given.every((action) => known.includes(action))).toBe(true);
    }),
  );
});
