import { expect, test } from "vitest";
import { imagePath, repositoryPath, splitImagePath, tagPath } from "./image-links.ts";

test.for([
  ["acme/web", { repository: "acme/web" }],
  ["acme/web/tags/1", { repository: "acme/web", tag: "1" }],
  ["acme/tags/web/tags/1.2", { repository: "acme/tags/web", tag: "1.2" }],
  ["acme/tags/web/", { repository: "acme/tags/web" }],
  ["tags/tags/tags", { repository: "tags", tag: "tags" }],
  ["/tags/1", { repository: "/tags/1" }],
] as const)("the address %s splits at the last /tags/", ([path, parts]) => {
  expect(splitImagePath(path)).toEqual(parts);
});

test.for(["acme/web", "acme/tags/web", "a/b/c/d"])("the link to %s leads back to it", (name) => {
  expect(splitImagePath(repositoryPath(name).slice("/images/".length))).toEqual({
    repository: name,
  });
  expect(splitImagePath(tagPath(name, "v1").slice("/images/".length))).toEqual({
    repository: name,
    tag: "v1",
  });
});

test.for([
  ["localhost:8443/acme/web:1", "/images/acme/web/tags/1"],
  ["localhost:8443/acme/web", "/images/acme/web/tags/latest"],
  [`localhost:8443/acme/web@sha256:${"a".repeat(64)}`, "/images/acme/web"],
  [`localhost:8443/acme/web:1@sha256:${"a".repeat(64)}`, "/images/acme/web/tags/1"],
  ["docker.io/library/nginx:1", undefined],
  ["localhost:8443.example/acme/web:1", undefined],
] as const)("the image %s has the page %s", ([image, path]) => {
  expect(imagePath(image, "localhost:8443")).toBe(path);
});
