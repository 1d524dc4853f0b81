import { expect, test } from "vitest";
import { parseImageName, parseTaggedName } from "./image-name.ts";

const digest = `sha256:${"ab".repeat(32)}`;

test.for([
  ["alpine", "docker.io/library/alpine", undefined],
  ["alpine:3", "docker.io/library/alpine", "3"],
  ["localhost:5000/a", "localhost:5000/a", undefined],
  ["localhost:5000/a:latest", "localhost:5000/a", "latest"],
  [`registry.test/a/b@${digest}`, "registry.test/a/b", undefined],
  [`registry.test/a/b:1@${digest}`, "registry.test/a/b", "1"],
] as const)("%s is of %s, and its tag is %s", ([typed, gun, tag]) => {
  expect(parseImageName(typed)).toMatchObject({ typed, gun, tag });
});

test.for([
  ["", "invalid reference format"],
  ["a//b", "invalid reference format"],
  ["a:b:c", "invalid reference format"],
  ["X", "invalid reference format: repository name (library/X) must be lowercase"],
  ["a.test/B:1", "invalid reference format: repository name (B) must be lowercase"],
  ["UPPER//x", "invalid reference format"],
] as const)("%j is refused in docker's words", ([typed, message]) => {
  expect(() => parseImageName(typed)).toThrow(
    expect.objectContaining({ code: "docker-trust/failed", message }) as Error,
  );
});

test.for([
  ["a.test/b", "no tag specified for a.test/b"],
  [`a.test/b@${digest}`, "cannot use a digest reference for IMAGE:TAG"],
] as const)("%s has no tag to sign", ([typed, message]) => {
  expect(() => parseTaggedName(typed)).toThrow(message);
});
