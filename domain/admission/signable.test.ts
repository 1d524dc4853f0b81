import { parseReference, parseRegistryHost } from "#domain/oci";
import { expect, test } from "vitest";
import { signable } from "./signable.ts";

const digest = `sha256:${"5e".repeat(32)}`;
const of = (image: string): string =>
  signable({
    image,
    candidates: [{ reference: parseReference(image), evidence: { kind: "absent" } }],
    trustedHosts: [parseRegistryHost("registry.lab"), parseRegistryHost("other.lab:5000")],
  });

test.for([
  ["registry.lab/acme/web:1", "registry.lab/acme/web:1"],
  ["registry.lab/acme/web", "registry.lab/acme/web:latest"],
  [`registry.lab/acme/web:1@${digest}`, "registry.lab/acme/web:1"],
  [`registry.lab/acme/web@${digest}`, "registry.lab/acme/web:<tag>"],
  ["other.lab:5000/web", "other.lab:5000/web:latest"],
  ["elsewhere.lab/web", "elsewhere.lab/web"],
] as const)("to have %s signed, one signs %s", ([image, tag]) => {
  expect(of(image)).toBe(tag);
});

test("an image ID that has no name here stays as it is", () => {
  expect(signable({ image: "7ef2c308db66", candidates: [], trustedHosts: [] })).toBe(
    "7ef2c308db66",
  );
});
