/** The manifests that we read (Docker image manifest v2 schema 2; OCI image-spec 1.1, "Media Types"). */
export type ManifestMediaType = (typeof all)[number];

const images = [
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json",
] as const;
const indexes = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
] as const;
const all = [...images, ...indexes] as const;

/** Media type of the list that the referrers API answers with. */
export const ociIndexMediaType = "application/vnd.oci.image.index.v1+json";

/** Layers that live elsewhere: no client pushes them, so a registry need not hold them. */
const foreign: ReadonlySet<string> = new Set([
  "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
  "application/vnd.oci.image.layer.nondistributable.v1.tar",
  "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
  "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd",
]);

/** Whether `text` names a manifest we read. */
export function isManifestMediaType(text: string): text is ManifestMediaType {
  return all.some((known) => known === text);
}

/** Whether a manifest of this type lists other manifests. */
export function isIndexMediaType(mediaType: string): boolean {
  return indexes.some((known) => known === mediaType);
}

/** Whether a layer of this type may be fetched from its `urls` instead of the registry. */
export function isForeignLayer(mediaType: string): boolean {
  return foreign.has(mediaType);
}
