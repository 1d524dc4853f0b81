import type { Generated } from "kysely";

/** Tables of `services/registry`, as rows come and go. Times are milliseconds since 1970. */
export type RegistryTables = {
  registry_repositories: {
    id: Generated<number>;
    name: string;
    visibility: "private" | "public";
    created_at: number;
    created_by: string | null;
  };
  registry_uploads: { id: string; repository: string; started_at: number };
  /** Which repository has which blob. */
  registry_blob_links: {
    repository_id: number;
    digest: string;
    size: number;
    linked_at: number;
    linked_by: string | null;
  };
  registry_manifests: {
    repository_id: number;
    digest: string;
    media_type: string;
    size: number;
    /** Bytes of the whole image, this manifest included. */
    image_size: number;
    artifact_type: string | null;
    subject: string | null;
    /** JSON object. */
    annotations: string;
    pushed_at: number;
    pushed_by: string | null;
    bytes: Uint8Array;
  };
  /** What a manifest requires: blobs and manifests of its repository. */
  registry_references: { repository_id: number; manifest: string; digest: string };
  registry_tags: {
    repository_id: number;
    tag: string;
    digest: string;
    pushed_at: number;
    pushed_by: string | null;
  };
  /** Every move of a tag; without a digest it was taken away. */
  registry_tag_moves: {
    id: Generated<number>;
    repository_id: number;
    tag: string;
    digest: string | null;
    moved_at: number;
    moved_by: string | null;
  };
};
