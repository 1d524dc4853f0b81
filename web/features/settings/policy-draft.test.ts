import { Policy } from "#contracts";
import { expect, test } from "vitest";
import { draftOf, ruleKey, ruleOf, withMinimum } from "./policy-draft.ts";

const policy = Policy.parse({
  version: 2,
  mode: "enforce",
  requiredTeams: ["acme/qa", "acme/security"],
  minimums: [{ team: "acme/security", people: 2 }],
  changedAt: 0,
});

test("what was read is what is sent again", () => {
  expect(ruleOf(draftOf(policy))).toEqual({
    mode: "enforce",
    requiredTeams: ["acme/qa", "acme/security"],
    minimums: [{ team: "acme/security", people: 2 }],
    whenLost: { action: "report" },
  });
});

test("what happens to a running image that loses its approval is a part of the rule", () => {
  const draft = { ...draftOf(policy), action: "notify" as const, webhook: " https://a.example " };
  expect(ruleOf(draft).whenLost).toEqual({ action: "notify", webhook: "https://a.example" });
  expect(ruleKey(draft)).not.toBe(ruleKey(draftOf(policy)));
});

test("a team that is no longer required takes its minimum with it", () => {
  const draft = { ...draftOf(policy), requiredTeams: ["acme/qa"] };
  expect(ruleOf(draft).minimums).toEqual([]);
});

test("one person is no minimum of its own", () => {
  expect(ruleOf(withMinimum(draftOf(policy), "acme/security", 1)).minimums).toEqual([]);
});

test("the order of the teams is no difference, the number of people is", () => {
  const draft = draftOf(policy);
  const turned = { ...draft, requiredTeams: draft.requiredTeams.toReversed() };
  expect(ruleKey(turned)).toBe(ruleKey(draft));
  expect(ruleKey(withMinimum(draft, "acme/qa", 2))).not.toBe(ruleKey(draft));
});
