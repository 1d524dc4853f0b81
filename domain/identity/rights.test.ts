import fc from "fast-check";
import { expect, test } from "vitest";
import { parseAccountName } from "./names.ts";
import { actionsOf, higherRight, rightOn, type RepositoryRight, type Subject } from "./rights.ts";

const nobody: Subject = { isAdmin: false, teamRights: new Map() };
const alice: Subject = {
  account: parseAccountName("alice"),
  isAdmin: false,
  teamRights: new Map<string, readonly RepositoryRight[]>([
    ["acme", ["read", "write"]],
    ["lab", ["admin", "read"]],
    ["club", []],
  ]),
};
const root: Subject = { ...alice, account: parseAccountName("root"), isAdmin: true };

test.for([
  ["anybody", nobody, "acme", false, "none"],
  ["anybody", nobody, "acme", true, "read"],
  ["a member, by the highest of her teams", alice, "acme", false, "write"],
  ["a member of a team with the right admin", alice, "lab", false, "admin"],
  ["a member of no team there", alice, "other", false, "none"],
  ["a member of no team there", alice, "other", true, "read"],
  ["a member of no team left", alice, "club", false, "none"],
  ["the owner of the namespace", alice, "alice", false, "admin"],
  ["somebody else than the owner", alice, "bob", false, "none"],
  ["an admin", root, "bob", false, "admin"],
  ["a name that objects have built in", alice, "constructor", false, "none"],
] as const)("%s: %#", ([, subject, namespace, isPublic, right]) => {
  expect(rightOn(subject, { namespace, isPublic })).toBe(right);
});

test.for([
  ["none", []],
  ["read", ["pull"]],
  ["write", ["pull", "push"]],
  ["admin", ["pull", "push", "delete", "*"]],
] as const)("%s covers %s", ([right, actions]) => {
  expect([...actionsOf(right)]).toEqual(actions);
});

test("a higher right covers all that a lower one does", () => {
  const right = fc.constantFrom("none", "read", "write", "admin");
  fc.assert(
    fc.property(right, right, (one, other) => {
      const both = actionsOf(higherRight(one, other));
      return both.isSupersetOf(actionsOf(one)) && both.isSupersetOf(actionsOf(other));
    }),
  );
});
