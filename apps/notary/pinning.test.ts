import { expect, test } from "vitest";
import { pinFor, pinningOf } from "./pinning.ts";

const world = { workingDirectory: "/work" };

const settings = new Map<string, unknown>([
  ["certs", { "lab.test/acme/web": ["own"], "lab.test/acme/*": ["wild"], "lab.test/*": ["wider"] }],
  ["ca", { "other.test/": "other.pem", "other.test/acme": "acme.pem" }],
]);

test.for([
  ["lab.test/acme/web", { kind: "certificates", ids: ["own"] }],
  ["Lab.test/acme/WEB", { kind: "certificates", ids: ["own"] }],
  ["lab.test/acme/api", { kind: "certificates", ids: ["wild"] }],
  ["lab.test/else", { kind: "certificates", ids: ["wider"] }],
  ["other.test/acme/web", { kind: "authority", file: "acme.pem" }],
  ["other.test/else", { kind: "authority", file: "other.pem" }],
  ["third.test/web", { kind: "none" }],
] as const)("%s", ([gun, pin]) => {
  expect(pinFor(gun, pinningOf(settings, world))).toEqual(pin);
});

test("without a pin and without trust on first use, a first root is refused", () => {
  const off = new Map([...settings, ["disable_tofu", true]]);
  expect(pinFor("third.test/web", pinningOf(off, world))).toEqual({ kind: "refused" });
  expect(pinFor("lab.test/else", pinningOf(off, world)).kind).toBe("certificates");
});

test.for([
  { certs: "text" },
  { certs: { "a/b": "id" } },
  { certs: { "a/b": [1] } },
  { ca: "file" },
  { ca: { a: ["file"] } },
])("%o is no pinning", (table) => {
  expect(() => pinningOf(new Map(Object.entries(table)), world)).toThrow(
    expect.objectContaining({ code: "notary/failed" }),
  );
});
