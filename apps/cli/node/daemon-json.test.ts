import { expect, test } from "vitest";
import { withGuard, withoutGuard } from "./daemon-json.ts";

const guard = { plugin: "countersign", runtime: "countersign", guardPath: "/guard" };
const file = "/etc/docker/daemon.json";
const added = {
  "authorization-plugins": ["countersign"],
  runtimes: { countersign: { path: "/guard" } },
  "default-runtime": "countersign",
};

test.for([undefined, "", "{}"])("an engine that was told nothing (%s) gets the guard", (text) => {
  expect(JSON.parse(withGuard(text, guard, file))).toEqual(added);
});

test("what the engine was told before stays, and comes back alone", () => {
  const before = {
    "authorization-plugins": ["other"],
    debug: true,
    runtimes: { kata: { path: "/k" } },
  };
  const after = withGuard(JSON.stringify(before), guard, file);
  expect(JSON.parse(after)).toEqual({
    debug: true,
    "authorization-plugins": ["other", "countersign"],
    runtimes: { kata: { path: "/k" }, countersign: { path: "/guard" } },
    "default-runtime": "countersign",
  });
  expect(JSON.parse(withoutGuard(after, guard, file) ?? "")).toEqual(before);
});

test("installing twice is installing once", () => {
  const once = withGuard(undefined, guard, file);
  expect(withGuard(once, guard, file)).toBe(once);
  expect(withoutGuard(once, guard, file)).toBeUndefined();
});

test.for([
  "no json",
  "[]",
  '{"debug":true,"debug":false}',
  '{"authorization-plugins":"x"}',
  '{"runtimes":[]}',
  '{"default-runtime":"kata"}',
])("%s is left as it is", (text) => {
  expect(() => withGuard(text, guard, file)).toThrow(
    expect.objectContaining({ code: "cli/file-in-the-way" }),
  );
});
