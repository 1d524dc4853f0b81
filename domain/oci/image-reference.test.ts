import fc from "fast-check";
import { expect, test } from "vitest";
import { formatReference, parseReference, pinned, tryReference } from "./image-reference.ts";
import { parseDigest } from "./digest.ts";

const hex = "5e".repeat(32);
const digest = `sha256:${hex}`;

test.for([
  ["nginx", "docker.io/library/nginx:latest"],
  ["docker.io/nginx:1", "docker.io/library/nginx:1"],
  ["index.docker.io/acme/web", "docker.io/acme/web:latest"],
  ["acme/web:1", "docker.io/acme/web:1"],
  ["ghcr.io/acme/api:1.2", "ghcr.io/acme/api:1.2"],
  ["localhost/web", "localhost/web:latest"],
  ["localhost:5000/a/b", "localhost:5000/a/b:latest"],
  ["Registry.Lab/web", "registry.lab/web:latest"],
  ["[::1]:5000/web:1", "[::1]:5000/web:1"],
  [`registry.lab/web@${digest}`, `registry.lab/web@${digest}`],
  [`registry.lab/web:1@${digest}`, `registry.lab/web:1@${digest}`],
] as const)("%s means %s", ([written, meant]) => {
  expect(formatReference(parseReference(written))).toBe(meant);
});

test.for([
  "",
  ":1",
  "@",
  "web:",
  "Web",
  "registry.lab/Web",
  "registry.lab/",
  "registry.lab//web",
  "/web",
  "registry.lab/../web",
  "registry.lab/web:1:2",
  "registry.lab/web:-1",
  `registry.lab/web:${"1".repeat(129)}`,
  "registry.lab/web@sha256:5e",
  `registry.lab/web@md5:${hex}`,
  `registry.lab/web@${digest.toUpperCase()}`,
  `registry.lab/web@${digest}@${digest}`,
  "registry.lab/web\n",
  "registry.lab/web:1 ",
  "registry.lab/web%2f1",
  "registry.lab/wéb",
  "registry.lab:99999999/web",
  "https://registry.lab/web",
  "user@registry.lab/web",
  `registry.lab/${"a".repeat(600)}`,
  hex,
  digest,
] as const)("%j is no reference", (text) => {
  expect(tryReference(text)).toBeUndefined();
  expect(() => parseReference(text)).toThrowError(
    expect.objectContaining({ code: expect.stringMatching(/^oci\//) as string }),
  );
});

test("what is printed is read back the same, whatever was written", () => {
  const part = fc.stringMatching(/^[a-z0-9]{1,8}$/);
  const name = fc
    .tuple(
      fc.constantFrom("", "registry.lab/", "localhost:5000/"),
      fc.array(part, { minLength: 1, maxLength: 3 }),
      fc.constantFrom("", ":1", ":latest"),
      fc.constantFrom("", `@${digest}`),
    )
    .map(([host, path, tag, pin]) => `${host}${path.join("/")}${tag}${pin}`);
  fc.assert(
    fc.property(name, (text) => {
      const reference = parseReference(text);
      expect(parseReference(formatReference(reference))).toEqual(reference);
    }),
  );
});

test("any text is read or refused with our own error, and nothing else", () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 700, unit: "binary" }), (text) => {
      tryReference(text);
    }),
  );
});

test("pinned to a digest, the tag is gone", () => {
  const reference = parseReference("registry.lab/web:1");
  expect(formatReference(pinned(reference, parseDigest(digest)))).toBe(
    `registry.lab/web@${digest}`,
  );
});
