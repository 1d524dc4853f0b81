import fc from "fast-check";
import { expect, test } from "vitest";
import { digestOf } from "./digest.ts";
import { OciError } from "./errors.ts";
import { requiredBy } from "./manifest.ts";
import { parseManifest } from "./manifest-reader.ts";

const oci = "application/vnd.oci.image.manifest.v1+json";
const ociIndex = "application/vnd.oci.image.index.v1+json";
const docker = "application/vnd.docker.distribution.manifest.v2+json";
const list = "application/vnd.docker.distribution.manifest.list.v2+json";
const digest = digestOf(new Uint8Array([1]));
const pointer = (mediaType: string, size = 1): object => ({ mediaType, digest, size });
const config = pointer("application/vnd.oci.image.config.v1+json");
const layer = pointer("application/vnd.oci.image.layer.v1.tar");
const bytes = (value: unknown): Uint8Array =>
  new TextEncoder().encode(typeof value === "string" ? value : JSON.stringify(value));
const image = { schemaVersion: 2, mediaType: oci, config, layers: [layer] };

test.for([
  ["an OCI image", image, oci],
  ["an OCI image that leaves its type to the header", { ...image, mediaType: undefined }, oci],
  ["a Docker image", { ...image, mediaType: docker }, docker],
  ["an image sent without a type", image, undefined],
  ["an image with members of tomorrow", { ...image, tomorrow: { a: 1 } }, oci],
  ["an artifact without layers", { ...image, layers: [], artifactType: "a/b" }, oci],
] as const)("%s is read", ([, value, type]) => {
  const manifest = parseManifest(bytes(value), type);
  expect(manifest.kind).toBe("image");
  expect(requiredBy(manifest)[0]?.digest).toBe(digest);
});

test.for([ociIndex, list])("%s lists its children", (mediaType) => {
  const child = {
    ...pointer(oci),
    platform: { os: "linux", architecture: "arm64", variant: "v8" },
  };
  const manifest = parseManifest(
    bytes({ schemaVersion: 2, mediaType, manifests: [child] }),
    `${mediaType}; charset=utf-8`,
  );
  expect(requiredBy(manifest)).toEqual([child]);
});

test("an image without an artifact type is what its config is", () => {
  expect(parseManifest(bytes(image), oci).artifactType).toBe(
    "application/vnd.oci.image.config.v1+json",
  );
});

test("a layer that lives elsewhere is not required", () => {
  const foreign = pointer("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip");
  const manifest = parseManifest(
    bytes({ ...image, mediaType: docker, layers: [foreign, layer] }),
    docker,
  );
  expect(requiredBy(manifest)).toHaveLength(2);
});

test.for([
  ["text that is no JSON", "{", oci],
  ["a member twice", JSON.stringify(image).replace("{", '{"config":{},'), oci],
  ["another type than it says", image, docker],
  ["a Docker manifest that does not say so", { ...image, mediaType: undefined }, docker],
  ["a type nobody knows", { ...image, mediaType: "a/b" }, "a/b"],
  ["schema 1", { schemaVersion: 1, fsLayers: [], name: "x" }, undefined],
  ["an image that is an index too", { ...image, manifests: [] }, oci],
  ["an index that is an image too", { ...image, mediaType: ociIndex, manifests: [] }, ociIndex],
  ["no config", { schemaVersion: 2, layers: [] }, oci],
  ["a negative size", { ...image, config: { ...config, size: -1 } }, oci],
  ["half a byte", { ...image, config: { ...config, size: 0.5 } }, oci],
  ["a size beyond counting", { ...image, config: { ...config, size: 2 ** 60 } }, oci],
  ["a digest of another kind", { ...image, config: { ...config, digest: "md5:00" } }, oci],
  ["a digest that is a path", { ...image, config: { ...config, digest: "sha256:../../x" } }, oci],
  ["a number for annotations", { ...image, annotations: { a: 1 } }, oci],
  ["too many layers", { ...image, layers: Array.from({ length: 4_097 }, () => layer) }, oci],
  ["nothing", "", oci],
  ["null", "null", oci],
  ["depth", "[".repeat(5_000), oci],
  ["more than 4 MiB", JSON.stringify(image) + " ".repeat(4 * 1024 * 1024), oci],
] as const)("%s is no manifest", ([, value, type]) => {
  expect(() => parseManifest(bytes(value), type)).toThrowError(
    expect.objectContaining({ code: "oci/manifest-invalid" }),
  );
});

test("whatever the bytes, the answer is a manifest or the one error", () => {
  const value = fc.oneof(
    fc.jsonValue(),
    fc.record({ schemaVersion: fc.constant(2), config: fc.jsonValue(), layers: fc.jsonValue() }),
  );
  fc.assert(
    fc.property(value, fc.constantFrom(oci, docker, ociIndex, list, undefined), (json, type) => {
      const read = (): unknown => {
        try {
          return parseManifest(bytes(JSON.stringify(json)), type).kind;
        } catch (error) {
          return error instanceof OciError ? error.code : error;
        }
      };
      expect(["image", "index", "oci/manifest-invalid"]).toContain(read());
    }),
  );
});
