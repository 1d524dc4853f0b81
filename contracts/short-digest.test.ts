import { expect, test } from "vitest";
import { shortDigest, shortenDigests } from "./short-digest.ts";

test.for([
  [`sha256:9f2c41${"0".repeat(54)}7be1`, "sha256:9f2c41…7be1"],
  [`9f2c41${"0".repeat(54)}7be1`, "9f2c41…7be1"],
  ["sha256:123456789abc", "sha256:123456789abc"],
  ["short", "short"],
] as const)("%s is shown as %s", ([whole, shown]) => {
  expect(shortDigest(whole)).toBe(shown);
});

test.for([
  [`acme/web:1@sha256:9f2c41${"0".repeat(54)}7be1`, "acme/web:1@sha256:9f2c41…7be1"],
  [`9f2c41${"0".repeat(54)}7be1`, "9f2c41…7be1"],
  ["localhost:8443/acme/web:1", "localhost:8443/acme/web:1"],
] as const)("in %s every digest is shown short", ([whole, shown]) => {
  expect(shortenDigests(whole)).toBe(shown);
});
